// The theme: dark for an operations room, light for daylight. Print is light.
export type Theme = 'dark' | 'light';

class ThemeState {
  current = $state<Theme>('dark');

  constructor() {
    this.set(localStorage.getItem('theme') === 'light' ? 'light' : 'dark');
  }

  set(t: Theme) {
    this.current = t;
    document.documentElement.dataset.theme = t;
    localStorage.setItem('theme', t);
  }

  toggle = () => this.set(this.current === 'dark' ? 'light' : 'dark');
}

export const theme = new ThemeState();
