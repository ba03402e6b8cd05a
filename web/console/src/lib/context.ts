import { getContext } from 'svelte';
import type { Desk } from './desk.svelte.ts';

/** The desk of the shell that a component stands in. */
export function useDesk(): Desk {
  return getContext<Desk>('desk');
}
