/** What loadcell calibrates k6 with: one request, to a responder that answers at once. */
import http from 'k6/http';

export default function (): void {
  http.get(__ENV.URL as string);
}
