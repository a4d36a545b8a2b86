/// <reference types="svelte" />
/// <reference types="vite/client" />

// The light build is the same without subtitles, other sound tracks and keys.
declare module 'hls.js/light' {
  export * from 'hls.js';
  export { default } from 'hls.js';
}
