// `seg jupyter install`: the files by which Jupyter finds seg. The kernel is a thin wrapper in Python, on the base
// class of ipykernel, around `seg --kernel`.

import SegLibrary
import SegSystem

enum JupyterKernel {
    /// Writes the kernel for the user, or for the Python whose prefix is given.
    /// - Returns: its folder.
    static func install(prefix: String?) throws -> String {
        let data: String?
        if let prefix {
            let whole = UserFolders().expanded(prefix)
            data =
                (whole.hasPrefix("/") ? whole : "\(Folder.resolved(".") ?? ".")/\(whole)") + "/share/jupyter"
        } else {
            // As jupyter_core does it.
            data =
                Environment.variable("JUPYTER_DATA_DIR")
                ?? (Environment.variable("XDG_DATA_HOME") ?? UserFolders().home.map { $0 + "/.local/share" })
                .map { $0 + "/jupyter" }
        }
        guard let data else { throw SystemError(.file, "there is no HOME to install for; give --prefix DIR") }
        let folder = data + "/kernels/seg"
        try Folder.make(folder)
        try AtomicFile.write(wrapper, to: folder + "/seg_kernel.py")
        try AtomicFile.write(specification.text + "\n", to: folder + "/kernel.json")
        return folder
    }

    /// `kernel.json`. Jupyter puts its own Python in place of `python3`.
    private static var specification: JSONValue {
        [
            "argv": ["python3", "{resource_dir}/seg_kernel.py", "-f", "{connection_file}"],
            "display_name": "seg",
            "language": "seg",
            "interrupt_mode": "signal",
            "env": ["SEG_COMMAND": .string(Folder.resolved("/proc/self/exe") ?? "seg")],
        ]
    }

    private static let wrapper = #"""
        """The kernel of seg for Jupyter: cells go to `seg --kernel`, and its answers to the notebook.

        Written by `seg jupyter install`, which replaces it.
        """
        import json
        import os
        import shutil
        import signal
        import subprocess

        from ipykernel.kernelapp import IPKernelApp
        from ipykernel.kernelbase import Kernel


        class SegKernel(Kernel):
            implementation = "seg"
            implementation_version = "\#(segVersion)"
            language = "seg"
            language_version = "\#(segVersion)"
            language_info = {
                "name": "seg",
                "version": "\#(segVersion)",
                "mimetype": "text/x-seg",
                "file_extension": ".seg",
                # Comments, strings and numbers look alike.
                "pygments_lexer": "python",
                "codemirror_mode": "python",
            }
            banner = "seg \#(segVersion)"
            help_links = []
            process = None
            # The status with which seg has ended, until a cell has said so.
            ended = None
            number = 0

            def _start(self):
                command = os.environ.get("SEG_COMMAND", "seg")
                if not os.path.exists(command):
                    command = shutil.which("seg") or command
                self.process = subprocess.Popen(
                    [command, "--kernel"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
                )

            def _look(self):
                """Notices that seg has ended since the last request."""
                if self.process is not None and self.process.poll() is not None:
                    self.ended, self.process = self.process.returncode, None

            def _events(self, request):
                """Sends a request, and gives the events that answer it; the last is "done", or "gone"."""
                if self.process is None:
                    self._start()
                self.number += 1
                try:
                    self.process.stdin.write(json.dumps(dict(request, id=self.number)) + "\n")
                    self.process.stdin.flush()
                    while line := self.process.stdout.readline():
                        event = json.loads(line)
                        if event["event"] == "fault":
                            text = event["message"]
                            yield {"event": "error", "kind": "request", "message": text, "lines": [text]}
                            yield {"event": "done", "status": "error"}
                            return
                        if event["id"] != self.number:
                            continue
                        yield event
                        if event["event"] == "done":
                            return
                except OSError:
                    pass
                self.process.wait()
                self._look()
                yield {"event": "gone"}

            def _ask(self, request):
                self._look()
                # What a cell has to say first is not for a question.
                if self.ended is not None:
                    return {"event": "gone"}
                for event in self._events(request):
                    pass
                return event

            def _publish(self, kind, content):
                self.send_response(self.iopub_socket, kind, content)

            def _error(self, name, value, lines):
                self._publish("error", {"ename": name, "evalue": value, "traceback": lines})
                return {"status": "error", "execution_count": self.execution_count,
                        "ename": name, "evalue": value, "traceback": lines}

            async def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **_):
                if not code.strip():
                    return {"status": "ok", "execution_count": self.execution_count, "payload": [],
                            "user_expressions": {}}

                # An interrupt of the notebook is one of the cell that runs in seg; where both get the signal,
                # seg takes it once.
                def interrupt(*_):
                    if self.process is not None:
                        self.process.send_signal(signal.SIGINT)

                try:
                    before = signal.signal(signal.SIGINT, interrupt)
                except ValueError:
                    before = None
                try:
                    return self._run(code, silent)
                finally:
                    if before is not None:
                        signal.signal(signal.SIGINT, before)

            def _run(self, code, silent):
                reply = {"status": "ok", "execution_count": self.execution_count, "payload": [],
                         "user_expressions": {}}
                self._look()
                request = {"do": "run", "code": code, "cell": self.execution_count}
                for event in self._events(request) if self.ended is None else [{"event": "gone"}]:
                    kind = event["event"]
                    if kind == "error":
                        reply = self._error(event["kind"], event["message"], event["lines"])
                    elif kind == "gone":
                        text = f"seg has ended with status {self.ended}; the next cell starts it anew, without names"
                        self.ended = None
                        reply = self._error("end", text, [text])
                    elif kind == "done" and event["status"] == "exit":
                        self.process.wait()
                        self.process = None
                        reply["payload"] = [{"source": "ask_exit", "keepkernel": False}]
                    elif silent:
                        continue
                    elif kind == "output":
                        self._publish("stream", {"name": event["stream"], "text": event["text"]})
                    elif kind == "picture":
                        size = {"width": event["width"], "height": event["height"]}
                        text = f"picture of {size['width']} x {size['height']} points"
                        self._publish("display_data", {
                            "data": {"image/png": event["png"], "text/plain": text},
                            "metadata": {"image/png": size}})
                    elif kind == "value":
                        self._publish("execute_result", {
                            "execution_count": self.execution_count,
                            "data": {"text/plain": event["text"]}, "metadata": {}})
                return reply

            async def do_complete(self, code, cursor_pos):
                answer = self._ask({"do": "complete", "code": code, "cursor": cursor_pos})
                start, end = answer.get("start", cursor_pos), answer.get("end", cursor_pos)
                matches = answer.get("matches", [])
                types = [{"start": start, "end": end, "text": match["text"], "type": "", "signature": match["help"]}
                         for match in matches]
                return {"status": "ok", "matches": [match["text"] for match in matches], "cursor_start": start,
                        "cursor_end": end, "metadata": {"_jupyter_types_experimental": types}}

            async def do_inspect(self, code, cursor_pos, detail_level=0, omit_sections=()):
                answer = self._ask({"do": "inspect", "code": code, "cursor": cursor_pos})
                found = answer.get("found", False)
                return {"status": "ok", "found": found, "metadata": {},
                        "data": {"text/plain": answer["text"]} if found else {}}

            async def do_is_complete(self, code):
                answer = self._ask({"do": "is_complete", "code": code})
                if answer["event"] == "gone":
                    return {"status": "unknown"}
                return {"status": answer["status"], "indent": answer.get("indent", "")}

            async def do_shutdown(self, restart):
                process, self.process = self.process, None
                if process is not None and process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    process.stdin.close()
                    try:
                        process.wait(timeout=2)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
                return {"status": "ok", "restart": restart}


        if __name__ == "__main__":
            IPKernelApp.launch_instance(kernel_class=SegKernel)

        """#
}
