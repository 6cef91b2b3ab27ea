"""Calls a running LlmService: client.py <what> <host:port>. Prints one line."""
import sys
import time

import grpc
import llm_pb2
import llm_pb2_grpc

what, address = sys.argv[1:]
stub = llm_pb2_grpc.LlmStub(grpc.insecure_channel(address))


def question(text="Hello"):
    message = llm_pb2.ChatMessage(role=llm_pb2.ROLE_USER, content=text)
    return llm_pb2.StreamChatRequest(model="gemini/gemini-2.5-flash", messages=[message])


def say(*parts):
    sys.stdout.buffer.write("|".join(parts).encode("utf-8"))


def first_delta(call):
    for response in call:
        if response.WhichOneof("event") == "delta":
            return response.delta.text


if what == "unary":
    response = stub.ResolveModel(llm_pb2.ResolveModelRequest(model="openai/gpt-4o"), timeout=20)
    say(f"{response.model.provider} {response.model.model_id} known={response.known}")
elif what == "stream":
    parts = []
    for response in stub.StreamChat(question(), timeout=20):
        event = response.WhichOneof("event")
        if event == "started":
            parts.append(f"started {response.started.model}")
        elif event == "delta":
            parts.append(response.delta.text)
        else:
            usage = response.finished.usage
            parts.append(f"finished {response.finished.finish_reason} {usage.prompt_tokens}/{usage.completion_tokens}")
    say(*parts)
elif what == "error":
    try:
        list(stub.StreamChat(question(), timeout=20))
    except grpc.RpcError as error:
        failure = llm_pb2.Failure.FromString(dict(error.trailing_metadata())["failure-bin"])
        kind = llm_pb2.FailureKind.Name(failure.kind)
        say(error.code().name, error.details(), f"{kind} {failure.provider} {failure.retry_after_ms}")
elif what == "deadline":
    call = stub.StreamChat(question(), timeout=1)
    text = first_delta(call)
    try:
        list(call)
    except grpc.RpcError as error:
        say(text, error.code().name)
elif what == "cancel":
    call = stub.StreamChat(question(), timeout=20)
    text = first_delta(call)
    now = time.time()
    call.cancel()
    say(text, repr(now), call.code().name)
    sys.stdout.flush()
    time.sleep(0.5)  # The cancellation must leave this process before it ends, or its end would be what the server sees.
elif what == "large":
    try:
        list(stub.StreamChat(question("x" * 5_000_000), timeout=20))
        say("OK")
    except grpc.RpcError as error:
        say(error.code().name)
