"""Asks the kernel of seg what a notebook asks, by jupyter_client. The last line counts."""
import base64
import faulthandler
import sys
import time

from jupyter_client.manager import KernelManager

passed, failed = 0, 0


def check(what, found, wanted):
    global passed, failed
    if wanted(found) if callable(wanted) else found == wanted:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {what}: found {found!r}" + ("" if callable(wanted) else f", expected {wanted!r}"))


def connected():
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client


# A stall says where it is.
faulthandler.dump_traceback_later(600, exit=True)
manager = KernelManager(kernel_name="seg")
manager.start_kernel()
client = connected()


def outputs_of(code, action=None):
    """The outputs of a cell, and its reply; `action` is called once after the first output."""
    outputs = []

    def take(message):
        nonlocal action
        if message["msg_type"] not in ("status", "execute_input"):
            outputs.append((message["msg_type"], message["content"]))
            if action:
                action()
                action = None

    reply = client.execute_interactive(code, output_hook=take, timeout=120, stop_on_error=False)
    return outputs, reply["content"]


def run(code):
    outputs, reply = outputs_of(code)
    short = []
    for kind, content in outputs:
        if kind == "stream":
            short.append(content["name"] + ": " + content["text"])
        elif kind == "execute_result":
            short.append("= " + content["data"]["text/plain"])
        elif kind == "display_data":
            short.append("picture")
        elif kind == "error":
            short.append("error " + content["ename"])
    return short, reply["status"]


check("output and value", run('print("ä")\n1 + 1'), (["stdout: ä\n", "= 2"], "ok"))
check("names stay", run("x = 3"), ([], "ok"))
check("names stay", run("x"), (["= 3"], "ok"))
check("the error stream", run('eprint("a")'), (["stderr: a\n"], "ok"))

outputs, reply = outputs_of("y = 1\nz = y + nothing1")
kind, error = outputs[0]
check("an error", (kind, error["ename"], reply["status"]), ("error", "name", "error"))
check("its message", error["evalue"], "there is nothing called `nothing1`")
check("its place", "\n".join(error["traceback"]), lambda text: ":2:9" in text and "<cell " in text)

outputs, reply = outputs_of("s = streets(count=1, size=32)[0]\ntriptych(s, s.mask)\nplot([3, 1, 2], width=300, height=200)")
check("two pictures", [kind for kind, _ in outputs], ["display_data", "display_data"])
png = base64.b64decode(outputs[1][1]["data"]["image/png"])
check("a PNG", png[:8], b"\x89PNG\r\n\x1a\n")
check("its size", outputs[1][1]["metadata"]["image/png"], {"width": 300, "height": 200})
check("a sample and its text", run("s"), lambda found: found[0][0] == "picture" and found[0][1].startswith("= 32 x 32 pixels"))

# A cell that prints and then works; the output is there before the end.
started = time.time()
times = []
outputs_of("print(1)\nwhile true { }", action=lambda: (times.append(time.time() - started), manager.interrupt_kernel()))
check("output comes while the cell runs", times[0], lambda seconds: seconds < 5)
check("an interrupt ends it", time.time() - started, lambda seconds: seconds < 10)
outputs, reply = outputs_of("print(1)\nwhile true { }", action=manager.interrupt_kernel)
check("an interrupt is an error", (outputs[-1][1]["ename"], reply["status"]), ("interrupt", "error"))
check("names outlive it", run("x"), (["= 3"], "ok"))


def reply_to(message_id):
    while True:
        message = client.get_shell_msg(timeout=60)
        if message["parent_header"]["msg_id"] == message_id:
            return message["content"]


code = 'x = "ä😀"; deeplabv3_resnet10'
reply = reply_to(client.complete(code))
check("completion", reply["matches"], ["deeplabv3_resnet101"])
check("its place", (reply["cursor_start"], reply["cursor_end"]), (10, len(code)))
check("its help", reply["metadata"]["_jupyter_types_experimental"][0]["signature"], lambda text: text.startswith("("))
reply = reply_to(client.inspect("y = relu(", 9))
check("help", reply["data"]["text/plain"], lambda text: text.startswith("relu("))
check("no help", reply_to(client.inspect("1 + 1", 5))["found"], False)
check("incomplete", reply_to(client.is_complete("if true {")), {"status": "incomplete", "indent": "    "})
check("complete", reply_to(client.is_complete("x = 1"))["status"], "complete")
reply = reply_to(client.kernel_info())
check("the language", (reply["language_info"]["name"], reply["language_info"]["file_extension"]), ("seg", ".seg"))
check("a command of the shell", run("!echo ä"), (["stdout: ä\n"], "ok"))
check("help as at the prompt", run("?relu")[0][0], lambda text: text.startswith("stdout: relu("))

# seg itself ends, as where memory is short.
short, status = run("!kill -9 $PPID")
check("seg is gone", (short[-1], status), ("error end", "error"))
check("and starts anew", run("1"), (["= 1"], "ok"))
check("without names", run("x")[1], "error")

run("x = 3")
# Another client: in this one are messages of the old kernel, by which `wait_for_ready` takes it for connected to the
# new one before it is, so that outputs are lost, and waited for.
client.stop_channels()
manager.restart_kernel(now=False)
client = connected()
check("a restart forgets", run("x")[1], "error")
check("a restart works", run("2"), (["= 2"], "ok"))
client.stop_channels()
manager.shutdown_kernel(now=False)
check("it is gone", manager.is_alive(), False)

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
