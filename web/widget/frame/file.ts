/** A file in the conversation: a picture, or a link to download it. Its bytes need the token, so they come by script. */

import type { FileInfo } from '../../shared/protocol.ts';
import { h } from './dom.ts';
import type { Model } from './model.ts';

/** Images that a browser shows without running anything in them. */
const SHOWN = /^image\/(png|jpeg|gif|webp)$/;

export function fill(link: HTMLAnchorElement, name: string, file: FileInfo, model: Model, shown: () => void): void {
  link.onclick = async (event) => {
    if (link.download) return;
    event.preventDefault();
    link.href = await model.image(file.file);
    link.download = name;
    link.click();
  };
  if (!SHOWN.test(file.content_type)) return;
  const image = h('img', { alt: name, testid: 'image' });
  // A picture that was just sent must not push itself out of sight.
  image.onload = shown;
  void model.image(file.file).then(
    (url) => {
      image.src = url;
      link.replaceChildren(image);
    },
    () => {},
  );
}
