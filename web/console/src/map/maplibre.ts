// MapLibre with its worker as a file of this server, so that the content
// security policy need not allow blob: scripts.
import { Map, Marker, NavigationControl, ScaleControl, setWorkerUrl } from 'maplibre-gl';
import workerURL from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';

setWorkerUrl(workerURL);

export default { Map, Marker, NavigationControl, ScaleControl };
