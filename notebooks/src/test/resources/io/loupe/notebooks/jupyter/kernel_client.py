"""Talks to the installed kernel through jupyter_client; prints one JSON object.

usage: kernel_client.py starts N      start and stop the kernel N times; seconds until it answered
       kernel_client.py conversation  run cells, interrupt one, complete, inspect; the replies
       kernel_client.py orphan        start the kernel and leave it; a port it listens on
"""
import json
import os
import sys
import time

from jupyter_client.manager import KernelManager

KERNEL = "loupe-java"
TIMEOUT = 60


def start():
    manager = KernelManager(kernel_name=KERNEL)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    return manager, client


def stop(manager, client):
    client.stop_channels()
    manager.shutdown_kernel()


def starts(count):
    seconds = []
    for _ in range(count):
        begin = time.time()
        manager, client = start()
        try:
            client.kernel_info()
            reply = client.get_shell_msg(timeout=TIMEOUT)
            assert reply["msg_type"] == "kernel_info_reply", reply
            seconds.append(time.time() - begin)
        finally:
            stop(manager, client)
    return {"seconds": seconds}


def orphan():
    """Ends without a farewell to the kernel."""
    manager, client = start()
    client.kernel_info()
    client.get_shell_msg(timeout=TIMEOUT)
    print(json.dumps({"port": manager.shell_port}), flush=True)
    os._exit(0)


def hear(client, request):
    """Collects what the kernel publishes for a request, until it is idle again."""
    heard = []
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            return heard
        if kind not in ("status", "execute_input"):
            heard.append({"type": kind, **content})


def reply_to(client, request):
    while True:
        message = client.get_shell_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") == request:
            return message["content"]


def run(client, source, **options):
    request = client.execute(source, **options)
    heard = hear(client, request)
    return {"reply": reply_to(client, request), "heard": heard}


def interrupt(manager, client, source):
    request = client.execute(source)
    while client.get_iopub_msg(timeout=TIMEOUT)["msg_type"] != "stream":
        pass  # the cell says when it has begun
    time.sleep(0.3)
    begin = time.time()
    manager.interrupt_kernel()
    heard = hear(client, request)
    return {"reply": reply_to(client, request), "heard": heard, "seconds": time.time() - begin}


def ask(client, source, answer):
    request = client.execute(source, allow_stdin=True)
    client.get_stdin_msg(timeout=TIMEOUT)
    client.input(answer)
    return {"heard": hear(client, request), "reply": reply_to(client, request)}


def queue(client, *sources):
    requests = [client.execute(source) for source in sources]
    return [reply_to(client, request)["status"] for request in requests]


def stream(client):
    """Measures when the parts of a slow cell's output arrive, in seconds after the first."""
    request = client.execute(
        'for (int i = 0; i < 3; i++) { System.out.println(i); Thread.sleep(500); }')
    arrivals = []
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["msg_type"] == "stream":
            arrivals.append(time.time())
        elif message["content"].get("execution_state") == "idle":
            if message["parent_header"].get("msg_id") == request:
                reply_to(client, request)
                return [arrival - arrivals[0] for arrival in arrivals]


def conversation():
    manager, client = start()
    try:
        info = reply_to(client, client.kernel_info())
        completing = "int one = 1;\n\"\U0001f642\".subs"
        return {
            "info": info,
            "value": run(client, "var greeting = \"hello\";\ngreeting + \"!\""),
            "printed": run(client, "System.out.println(\"out\"); System.err.println(\"err\");"),
            "much": run(client, "for (int i = 0; i < 20000; i++) System.out.println(i);"),
            "rich": run(client, "\n".join([
                "Display.show(MimeBundle.html(\"<b>bold</b>\"), MimeBundle.markdown(\"*m*\"));",
                "Display.show(MimeBundle.svg(\"<svg/>\"));",
                "new java.awt.image.BufferedImage(4, 2, 1)"])),
            "compile": run(client, "int a = 1;\nint b = \"text\";"),
            "runtime": run(client, "int[] c = {1};\n\nc[5] = 2;"),
            "noInput": run(client, "System.in.read()", allow_stdin=False),
            "loop": interrupt(manager, client, "System.out.println(\"on\");\nwhile (true) {}"),
            "sleep": interrupt(
                manager, client, "System.out.println(\"on\");\nThread.sleep(600_000);"),
            "printing": interrupt(
                manager, client, "while (true) System.out.println(\"again and again\");"),
            "after": run(client, "greeting.length()"),
            "input": ask(client, "new Scanner(System.in).nextLine()", "typed ü"),
            "queued": queue(client, "Thread.sleep(1000); int q = 1 / 0;", "1 + 1", "2 + 2"),
            "afterQueue": run(client, "3 + 3"),
            "stream": stream(client),
            "complete": reply_to(client, client.complete(completing, len(completing))),
            "inspect": reply_to(client, client.inspect("greeting.substring(1)", 12)),
            "whole": reply_to(client, client.is_complete("1 + 1")),
            "open": reply_to(client, client.is_complete("for (;;) {")),
        }
    finally:
        stop(manager, client)


if __name__ == "__main__":
    if sys.argv[1] == "starts":
        result = starts(int(sys.argv[2]))
    elif sys.argv[1] == "orphan":
        orphan()
    else:
        result = conversation()
    print(json.dumps(result))
