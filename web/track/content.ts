/** The operator's own HTML as nodes that can neither run anything in the host's page nor load documents into it. */

const FORBIDDEN = 'script,iframe,frame,object,embed,base,meta,link,template,form,animate,set';

/** Null where there is nothing to see, or where the page forbids HTML from text: a plain button stands in for it. */
export function content(html: string): DocumentFragment | null {
  let parsed: Document;
  try {
    parsed = new DOMParser().parseFromString(html, 'text/html');
  } catch {
    return null;
  }
  for (const element of parsed.querySelectorAll(FORBIDDEN)) element.remove();
  for (const element of parsed.querySelectorAll('*'))
    for (const { name, value } of [...element.attributes])
      // Whatever a browser may skip within a scheme does not hide it.
      if (/^on|^srcdoc$/i.test(name) || /^[\s\u0000-\u001f]*(javascript|vbscript|data:text)/i.test(value.replace(/[\t\n\r]/g, '')))
        element.removeAttribute(name);
  const made = document.createDocumentFragment();
  made.append(...parsed.head.querySelectorAll('style'), ...parsed.body.childNodes);
  return made.querySelector('img,svg,video,canvas,input,button') || made.textContent?.trim() ? made : null;
}
