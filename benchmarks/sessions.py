"""Visitors without a browser: sessions of the app over Streamlit's own protocol, by websocket.

Twenty browsers would take the machine from the server that is to be measured; twenty sessions do
not. A session sends what a browser sends (values of widgets, what the browser keeps, the automatic
reruns of a page), and reads what it is sent until the page is complete.
"""

import json
import time
import uuid
from collections.abc import Iterator
from urllib.request import Request, urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

#: In seconds.
PATIENCE = 300

#: What the browser keeps for the app (`deepmusic.ui.kept`).
_KEPT = "deepmusic_kept"
_COMPLETE = (
    ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY,
    ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


class Session:
    """A visitor without a browser, who has opened a page.

    Parameters
    ----------
    address : str
        Of the server.
    page : str
        Such as ``vote?room=BCDF``; the first page if empty.
    kept : dict, optional
        What the browser keeps, by name. Sessions that share it are tabs of one browser.
    hasty : bool
        Whether the visitor does not wait until the page knows what the browser keeps.
    """

    def __init__(
        self,
        address: str,
        page: str = "",
        kept: dict[str, str] | None = None,
        *,
        hasty: bool = False,
    ) -> None:
        self._address = address
        self._page, _, self.query = page.partition("?")
        self._kept = {} if kept is None else kept
        self._page_hash = self._session_id = ""
        self._drawn: dict[tuple[int, ...], Delta] = {}
        self._states: dict[str, WidgetState] = {}
        self._automatic: list[str] = []
        self._socket = connect(
            address.replace("http", "ws") + "/_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            open_timeout=PATIENCE,
        )
        self._rerun()
        if not hasty and self._ask_browser():
            self._rerun()

    @property
    def said(self) -> str:
        """All that the page says, as it would stand in the browser."""
        return "\n".join(str(delta.new_element) for delta in self._drawn.values())

    def press(self, label: str) -> float:
        """Press a button; return the seconds until the page was complete, as all that follow do."""
        delta = self._find("button", label)
        return self._rerun(WidgetState(id=delta.new_element.button.id, trigger_value=True), delta)

    def choose(self, label: str, option: str) -> float:
        """Choose one of the options of pills or a segmented control."""
        delta = self._find("button_group", label)
        state = WidgetState(id=delta.new_element.button_group.id)
        state.string_array_value.data.append(option)
        return self._set(state, delta)

    def type_text(self, label: str, text: str) -> float:
        """Type into a field."""
        delta = self._find("text_input", label)
        return self._set(WidgetState(id=delta.new_element.text_input.id, string_value=text), delta)

    def type_number(self, label: str, number: float) -> float:
        """Type into a field for numbers."""
        delta = self._find("number_input", label)
        state = WidgetState(id=delta.new_element.number_input.id, double_value=number)
        return self._set(state, delta)

    def upload(self, name: str, data: bytes) -> float:
        """Upload a file to the page's only field for files, of a server that asks for no cookie."""
        delta = self._find("file_uploader")
        request = BackMsg()
        request.file_urls_request.request_id = name
        request.file_urls_request.file_names.append(name)
        request.file_urls_request.session_id = self._session_id
        self._socket.send(request.SerializeToString())
        urls = next(
            message.file_urls_response.file_urls[0]
            for message in self._receive()
            if message.WhichOneof("type") == "file_urls_response"
        )
        self._put(urls.upload_url, name, data)
        state = WidgetState(id=delta.new_element.file_uploader.id)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(data), urls.file_id
        info.file_urls.CopyFrom(urls)
        return self._set(state, delta)

    def look(self) -> float:
        """Rerun what the page itself reruns from time to time, if anything."""
        return sum(self._rerun(fragment=one, is_automatic=True) for one in list(self._automatic))

    def close(self) -> None:
        self._socket.close()

    def _find(self, kind: str, label: str | None = None) -> Delta:
        for delta in self._drawn.values():
            element = delta.new_element
            if element.WhichOneof("type") == kind and label in (None, getattr(element, kind).label):
                return delta
        raise LookupError(f"/{self._page} shows no {kind} {label!r}: {self.said[:2000]}")

    def _set(self, state: WidgetState, delta: Delta) -> float:
        self._states[state.id] = state
        return self._rerun(None, delta)

    def _ask_browser(self) -> bool:
        """Set what the browser keeps, as kept.js does; return whether the page has to know."""
        changed = False
        for delta in self._drawn.values():
            component = delta.new_element.bidi_component
            if component.component_name != _KEPT:
                continue
            data = json.loads(component.json)
            name, typed = data["name"], data["typed"]
            text = self._kept.get(name, data["otherwise"]) if typed is None else typed
            self._kept |= {name: text} if text else {}
            answer = WidgetState(id=component.id, json_value=json.dumps({"kept": text}))
            if typed is None and self._states.get(component.id) != answer:
                self._states[component.id], changed = answer, True
        return changed

    def _rerun(
        self,
        pressed: WidgetState | None = None,
        part: Delta | None = None,
        *,
        fragment: str = "",
        is_automatic: bool = False,
    ) -> float:
        """Run the page, or the part of it where something was done, until it is complete."""
        began = time.perf_counter()
        self._ask_browser()
        request = BackMsg()
        state = request.rerun_script
        state.query_string, state.page_script_hash = self.query, self._page_hash
        state.page_name = "" if self._page_hash else self._page
        state.context_info.url = f"{self._address}/{self._page}"
        state.fragment_id = part.fragment_id if part else fragment
        state.is_auto_rerun = is_automatic
        state.widget_states.widgets.extend(self._states.values())
        if pressed:
            state.widget_states.widgets.append(pressed)
        self._socket.send(request.SerializeToString())
        for message in self._receive():
            self._follow(message)
            if message.WhichOneof("type") == "script_finished" and (
                message.script_finished in _COMPLETE
            ):
                break
        for delta in self._drawn.values():
            if delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(f"/{self._page} shows {delta.new_element.exception}")
        return time.perf_counter() - began

    def _receive(self) -> Iterator[ForwardMsg]:
        while True:
            message = ForwardMsg()
            message.ParseFromString(self._socket.recv(timeout=PATIENCE))
            yield message

    def _follow(self, message: ForwardMsg) -> None:
        """Take a message in, as a browser does."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session_id = self._session_id or message.new_session.initialize.session_id
            parts = set(message.metadata.run.fragment_ids)
            if not parts:
                self._automatic.clear()
            self._drawn = {
                path: delta
                for path, delta in self._drawn.items()
                if parts and delta.fragment_id not in parts
            }
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            if message.auto_rerun.fragment_id not in self._automatic:
                self._automatic.append(message.auto_rerun.fragment_id)
        elif kind == "stop_auto_rerun":
            gone = set(message.stop_auto_rerun.fragment_ids)
            self._automatic = [one for one in self._automatic if one not in gone]
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._drawn[tuple(message.metadata.delta_path)] = message.delta

    def _put(self, url: str, name: str, data: bytes) -> None:
        edge = uuid.uuid4().hex
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        )
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        urlopen(Request(self._address + url, body, headers, method="PUT"), timeout=PATIENCE).read()
