// Asks for a new drawing when the server says that there is something new; by itself, while the server can't be heard.

const wakes = new WeakMap();
const EVERY_MS = 1000;
const AGAIN_MS = 10_000; // where something between here and the server lets no other websocket through

function listen(wake) {
  const address = new URL(wake.data.path, document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = (wake.socket = new WebSocket(address));
  let heard = false;
  socket.onopen = () => socket.send(wake.data.token);
  socket.onmessage = ({ data }) => {
    heard = true;
    clearInterval(wake.timer);
    if (data === "draw") wake.ask();
  };
  socket.onclose = () => {
    if (wake.socket !== socket) return;
    clearInterval(wake.timer);
    wake.timer = setInterval(() => wake.ask(), EVERY_MS);
    wake.again = setTimeout(() => listen(wake), heard ? EVERY_MS : AGAIN_MS);
  };
}

function stop(wake) {
  clearInterval(wake.timer);
  clearTimeout(wake.again);
  const { socket } = wake;
  wake.socket = null;
  socket?.close();
}

export default function ({ data, parentElement, setTriggerValue }) {
  let wake = wakes.get(parentElement);
  if (!wake) wakes.set(parentElement, (wake = {}));
  wake.ask = () => setTriggerValue("news", true);
  if (wake.data?.token !== data.token) {
    stop(wake);
    wake.data = data;
    if (data.token !== null) listen(wake);
  }
  return () => {
    if (parentElement.isConnected) return; // Streamlit calls this for an update that a newer one overtook, too
    stop(wake);
    wakes.delete(parentElement);
  };
}
