import { mount } from 'svelte';
import './partner.css';
import App from './App.svelte';

mount(App, { target: document.getElementById('app')! });
