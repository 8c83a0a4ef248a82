// The player of the past with its mark, in one piece: whoever fetches one has the other.
export { fetchPage, fetchPicture } from '../api/past';
export { PastSource } from '../live/past';
export { default as PastBand } from './PastBand.svelte';
