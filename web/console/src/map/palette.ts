import type { Theme } from '../state/theme.svelte';

// The map's colours: they follow the page's (app.css) and are kept here
// because WebGL does not read CSS.
export interface Palette {
  sea: string;
  land: string;
  coast: string;
  border: string;
  grid: string;
  building: string;
  buildingEdge: string;
  likely: string;
  authorised: string;
  site: string;
  region: string;
  found: string;
  aircraft: string;
  view: string; // what an aircraft's camera sees
  vehicle: string;
  ramp: readonly [string, string, string, string]; // of readings, low to high
}

export const palettes: Record<Theme, Palette> = {
  dark: {
    sea: '#0d1317',
    land: '#18232b',
    coast: '#3d4f5c',
    border: '#2b3943',
    grid: '#1c2730',
    building: '#26333d',
    buildingEdge: '#425462',
    likely: '#f2b84b',
    authorised: '#74cf9b',
    site: '#f2b84b',
    region: '#b99cf5',
    found: '#ff7d66',
    aircraft: '#6cc6f2',
    view: '#4a87a6',
    vehicle: '#e8edf0',
    ramp: ['#31597f', '#2fa39b', '#e6cf5b', '#ff7d4d'],
  },
  light: {
    sea: '#e6ecef',
    land: '#f8f8f4',
    coast: '#94a5b0',
    border: '#c6d0d6',
    grid: '#d6dfe4',
    building: '#dde2e3',
    buildingEdge: '#a8b3ba',
    likely: '#d98200',
    authorised: '#17713f',
    site: '#9a6100',
    region: '#6a45c4',
    found: '#c2361c',
    aircraft: '#0b6aa0',
    view: '#5b9dc0',
    vehicle: '#2b3943',
    ramp: ['#8fb4d9', '#2a938c', '#c79a00', '#c2361c'],
  },
};
