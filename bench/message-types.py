"""How many of our types one message touches: python3 bench/message-types.py, after a build, on Linux.

Starts the system on an empty home with the emulators and lets the runtime write down each method that it compiles. What is
compiled between a message and the end of its answer is what that message needed. Types of the generated contracts, of regular
expressions and of JSON metadata are left out.
"""
import collections, glob, json, os, re, signal, subprocess, sys, tempfile, time, urllib.request

PRODUCTS = {"Clawdex.Gateway", "Clawdex.SessionService", "Clawdex.LlmService", "Clawdex.ServiceDefaults"}
GENERATED = re.compile(r"\.V1\.|Regex|RegularExpressions|JsonContext")
METHOD = re.compile(r"\[(Clawdex\.\w+)\] (.*?)::")


def compiled(maps):
    methods = {}
    for name in glob.glob(f"{maps}/perf-*.map"):
        with open(name, errors="replace") as lines:
            methods[name] = {line.split(" ", 2)[2] for line in lines if "[Clawdex." in line}
    return methods


def types(methods):
    """A lambda, an iterator and a nested closure belong to the type that they are written in."""
    found = set()
    for method in methods:
        if (match := METHOD.search(method)) and match[1] in PRODUCTS and not GENERATED.search(match[2]):
            name = re.split(r"[+/]<", match[2])[0].split("[")[0].split("`")[0]
            if name and not name.startswith("<"):
                found.add((match[1], name))
    return found


def call(page, path, body=None):
    address, token = page.split("/#token=")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(address + path, body and json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")


def answer_of(page, chat):
    messages = call(page, f"/emulator/chats/{chat}")
    messages = messages.get("messages", messages)
    return [message["text"] for message in messages if message["from"].get("isBot")]


def main():
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, HOME=home, DOTNET_PerfMapEnabled="3", DOTNET_PerfMapJitDumpPath=home)
        system = subprocess.Popen(["dotnet", "run", "--no-build", "--project", "Clawdex.AppHost"], env=environment, stdout=subprocess.PIPE, text=True)
        try:
            page = next(match[1] for line in system.stdout if (match := re.search(r"Chat page: (\S+)", line)))
            # What runs at the start, and goes on for a moment, is not the message's.
            time.sleep(5)
            chat = call(page, "/emulator/chats")[0]["id"]
            before = compiled(home)
            call(page, f"/emulator/chats/{chat}/messages", {"text": "Hello there"})
            while not answer_of(page, chat):
                time.sleep(0.5)
            time.sleep(5)
            after = compiled(home)
        finally:
            system.send_signal(signal.SIGTERM)
            system.wait(60)

    touched = set().union(*(types(methods - before.get(name, set())) for name, methods in after.items()))
    if "-v" in sys.argv:
        print(*sorted(name for _, name in touched), sep="\n")
    print(f"{len(touched)} types:", dict(collections.Counter(assembly for assembly, _ in touched)))


main()
