// The page's websocket: brings what has moved on the page, and makes Streamlit run the fragment again when only that can
// show what is new. While there is no websocket, the fragment runs again every second.

const wakes = new WeakMap(); // by the component's element
const POLL_MS = 1000;
const RECONNECT_MS = 10_000; // after a connection without a message: a proxy may block websockets
const CONNECT_MS = 5000; // a proxy may also leave the handshake without an answer

function listen(wake) {
  const address = new URL(wake.data.path, document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = (wake.socket = new WebSocket(address));
  let connected = false;
  wake.handshake = setTimeout(() => connected || socket.close(), CONNECT_MS);
  socket.onopen = () => socket.send(wake.data.token);
  socket.onmessage = ({ data }) => {
    connected = true;
    clearInterval(wake.timer);
    if (data === "draw") wake.redraw();
    else if (data !== "ready") for (const [part, news] of Object.entries(JSON.parse(data))) live.receive(part, news);
  };
  socket.onclose = () => {
    if (wake.socket !== socket) return;
    clearTimeout(wake.handshake);
    clearInterval(wake.timer);
    wake.timer = setInterval(() => wake.redraw(), POLL_MS);
    wake.reconnect = setTimeout(() => listen(wake), connected ? POLL_MS : RECONNECT_MS);
  };
}

function stop(wake) {
  clearInterval(wake.timer);
  clearTimeout(wake.handshake);
  clearTimeout(wake.reconnect);
  const { socket } = wake;
  wake.socket = null;
  socket?.close();
}

export default function ({ data, parentElement, setTriggerValue }) {
  let wake = wakes.get(parentElement);
  if (!wake) wakes.set(parentElement, (wake = {}));
  wake.redraw = () => setTriggerValue("news", true);
  if (wake.data?.token !== data.token) {
    stop(wake);
    wake.data = data;
    if (data.token !== null) listen(wake);
  }
  return () => {
    if (parentElement.isConnected) return; // Streamlit also calls this for an update that was replaced by a newer one
    stop(wake);
    wakes.delete(parentElement);
  };
}
