import { flushSync } from 'svelte';

// The theme: dark for an operations room, light for daylight. Print is light.
export type Theme = 'dark' | 'light';

class ThemeState {
  chosen = $state<Theme>('dark');
  printing = $state(false);
  current = $derived<Theme>(this.printing ? 'light' : this.chosen);

  constructor() {
    // What is drawn on a canvas must be light before the page is printed.
    addEventListener('beforeprint', () => flushSync(() => (this.printing = true)));
    addEventListener('afterprint', () => (this.printing = false));
    this.set(localStorage.getItem('theme') === 'light' ? 'light' : 'dark');
  }

  set(t: Theme) {
    this.chosen = t;
    document.documentElement.dataset.theme = t;
    localStorage.setItem('theme', t);
  }

  toggle = () => this.set(this.chosen === 'dark' ? 'light' : 'dark');
}

export const theme = new ThemeState();
