"""Tries compose.yaml as it is written, with podman, against the emulators on this machine: python3 deploy/try.py [--postgres]

With --postgres it tries compose.postgres.yaml as well, with a server of Debian's package postgresql, which crashes, too.
Needs podman, podman-compose, the images (CLAWDEX_IMAGES says where, see docs/deployment.md) and a build of the emulators. Talks
with the bot, kills each container in the middle of an answer, takes the system down and up again, backs up and restores. Ends with 1 if anything
is not as it must be.
"""
import json, os, pathlib, secrets, shutil, subprocess, sys, tempfile, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = "clawdextry"
SUBNET, address = "10.89.77.0/24", "10.89.77.1"
SERVICES = ["session", "llm", "gateway"]
POSTGRES = "--postgres" in sys.argv
FILES = ["-f", "compose.yaml", "-f", "compose.postgres.yaml"] if POSTGRES else []
PAGE, BOT, CLAIM, MODELS = secrets.token_hex(16), f"123456:{secrets.token_hex(20)}", secrets.token_hex(16), f"AIza-{secrets.token_hex(16)}"


def run(*command, check=True):
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout.strip()


def compose(*command):
    return run("podman-compose", "-p", PROJECT, *FILES, *command)


def must(holds, what):
    print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
    failures.extend([] if holds else [what])


def call(path, body=None):
    request = urllib.request.Request(
        f"http://{address}:8790{path}", body and json.dumps(body).encode(), {"Content-Type": "application/json", "Authorization": f"Bearer {PAGE}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")


def say(text):
    return call(f"/emulator/chats/{chat}/messages", {"text": text})["messageId"]


def answers(question):
    return [message["text"] for message in call(f"/emulator/chats/{chat}")["messages"] if message["from"].get("isBot") and message["messageId"] > question]


def wait(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.25)
    return False


def ask(text, answer, seconds=40):
    question = say(text)
    must(wait(lambda: any(answer in shown for shown in answers(question)), seconds), f"{text!r} is answered")
    return question


def start(name, **settings):
    program = HERE.parent / "emulators" / name / "bin" / "Debug" / "net10.0" / f"{name}.dll"
    environment = dict(os.environ, **{f"emulator__{key}": value for key, value in settings.items()})
    return subprocess.Popen(["dotnet", program, "--urls", f"http://{address}:{8790 if 'token' in settings else 8791}"], env=environment, stdout=subprocess.DEVNULL)


def kill_in_mid_answer(service, whole):
    question = say("long 2000")
    wait(lambda: any(len(text) > 200 for text in answers(question)), 40)
    run("podman", "kill", "-s", "KILL", f"{PROJECT}_{service}_1")
    if not wait(lambda: is_running(service), 5):
        # Without systemd, Debian's podman does not restart by itself what was killed.
        run("podman", "start", f"{PROJECT}_{service}_1")
    must(wait(lambda: answers(question) == [whole], 90), f"{service} was killed in the middle of an answer, which is whole in one message")


def as_server(program, *arguments):
    """PostgreSQL refuses to run as root."""
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    path = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))[-1]
    subprocess.run([*user, path, "-D", f"{server}/data", *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL)


def start_server():
    as_server("pg_ctl", "-w", "-l", f"{server}/log", "-o", f"-c listen_addresses={address} -c unix_socket_directories={server}", "start")


def crash_server_in_mid_answer(whole):
    question = say("long 2000")
    wait(lambda: any(len(text) > 200 for text in answers(question)), 40)
    as_server("pg_ctl", "-m", "immediate", "-w", "stop")
    time.sleep(3)
    start_server()
    must(wait(lambda: answers(question) == [whole], 90), "PostgreSQL crashed in the middle of an answer, which is whole in one message")


def is_running(service):
    return run("podman", "inspect", f"{PROJECT}_{service}_1", "--format", "{{.State.Running}}", check=False) == "true"


def prepare():
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    secret = pathlib.Path(folder) / "secrets"
    for name, value in {"bot-token": BOT, "gemini-key": MODELS, "calls": secrets.token_hex(32), "claim": CLAIM, "postgres": f"Host={address};Username=clawdex;Database=clawdex;SSL Mode=Disable"}.items():
        (secret / name).write_text(value + "\n")
    secret.chmod(0o700)
    (pathlib.Path(folder) / "clawdex.env").write_text(
        f"channels__telegram__apiBaseUrl=http://{address}:8790\nchannels__telegram__allowInsecure=true\ngemini__baseUrl=http://{address}:8791\ngemini__allowInsecure=true\n")


def look_at_containers():
    for service in SERVICES:
        pid = run("podman", "inspect", f"{PROJECT}_{service}_1", "--format", "{{.State.Pid}}")
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        must("Uid:\t1654\t1654\t1654\t1654" in status and "CapEff:\t0000000000000000" in status, f"{service} runs as 1654 without a capability")
        memory = next(line for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
        print(f"     {service}: {int(memory.split()[1]) // 1024} MiB PSS")
        program = {"session": "SessionService", "llm": "LlmService", "gateway": "Gateway"}[service]
        run("podman", "exec", f"{PROJECT}_{service}_1", "dotnet", f"/app/Clawdex.{program}.dll", "health")


def converse():
    question = say(f"/start claim_{CLAIM}")
    must(wait(lambda: any(text.startswith("🔑") for text in answers(question)), 40), "the link makes its opener the owner")
    ask("echo hello", "hello")
    whole = ask("long 2000", "", seconds=60)
    wait(lambda: len(answers(whole)) == 1 and len(answers(whole)[0]) >= 1900, 60)
    look_at_containers()
    for service in SERVICES:
        kill_in_mid_answer(service, answers(whole)[0])
    if POSTGRES:
        crash_server_in_mid_answer(answers(whole)[0])


def keep_and_restore():
    compose("down")
    compose("up", "-d")
    ask("/status", "Messages: 1", seconds=60)
    if POSTGRES:
        return
    run("podman", "exec", f"{PROJECT}_session_1", "dotnet", "/app/Clawdex.SessionService.dll", "backup", "/home/app/backup.db")
    ask("echo lost by the restore", "lost by the restore")
    ask("/forget", "deleted")
    run("podman", "stop", f"{PROJECT}_gateway_1", f"{PROJECT}_session_1")
    # As `docker compose run --rm session restore …`: podman-compose 1.0.3 fails at `run` wherever there is a health check.
    image = f"{os.environ.get('CLAWDEX_IMAGES', 'clawdex')}/session:latest"
    run("podman", "run", "--rm", "-v", f"{PROJECT}_data:/home/app", "-e", "sessions__dataDirectory=/home/app/data", image, "restore", "/home/app/backup.db")
    run("podman", "start", f"{PROJECT}_session_1", f"{PROJECT}_gateway_1")
    ask("/status", "Messages: 1", seconds=60)
    for number in range(3):
        ask(f"echo after the restore {number}", f"after the restore {number}")


failures, emulators, server = [], [], None
with tempfile.TemporaryDirectory() as folder:
    try:
        prepare()
        run("podman", "network", "create", "--subnet", SUBNET, f"{PROJECT}_default")
        # The machine has its address in that network as soon as one container is there.
        compose("up", "-d", "session")
        emulators = [start("Clawdex.TelegramEmulator", token=BOT, pageToken=PAGE, host=address, outlivesBot="true"), start("Clawdex.LlmEmulator", geminiKey=MODELS, host=address)]
        if POSTGRES:
            server = tempfile.mkdtemp()
            if os.geteuid() == 0:
                shutil.chown(server, "postgres")
            as_server("initdb", "-U", "clawdex", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
            with open(f"{server}/data/pg_hba.conf", "a") as rules:
                rules.write("host all all samenet trust\n")
            start_server()
        wait(lambda: subprocess.run(["curl", "-sf", f"http://{address}:8790/health"], capture_output=True).returncode == 0, 30)
        chat = call("/emulator/chats")[0]["id"]
        compose("up", "-d")
        converse()
        keep_and_restore()
    finally:
        if failures or sys.exc_info()[0]:
            for service in SERVICES:
                print(run("podman", "logs", "--tail", "15", f"{PROJECT}_{service}_1", check=False))
        run("podman-compose", "-p", PROJECT, *FILES, "down", "-v", check=False)
        run("podman", "network", "rm", "-f", f"{PROJECT}_default", check=False)
        for emulator in emulators:
            emulator.terminate()
        if server:
            as_server("pg_ctl", "-m", "immediate", "stop")
            shutil.rmtree(server)

print(f"{len(failures)} failed")
sys.exit(1 if failures else 0)
