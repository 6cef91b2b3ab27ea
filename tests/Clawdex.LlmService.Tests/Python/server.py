"""A Llm server that answers by the model's name. Prints its port, then a line for each call that its client gave up."""
import threading
from concurrent import futures

import grpc
import llm_pb2
import llm_pb2_grpc


def say(text):
    print(text, flush=True)


def delta(text):
    return llm_pb2.StreamChatResponse(delta=llm_pb2.Delta(text=text))


class Llm(llm_pb2_grpc.LlmServicer):
    def ResolveModel(self, request, context):
        return llm_pb2.ResolveModelResponse(model=llm_pb2.Model(name=request.model, display_name=f"{request.model} from Python"))

    def StreamChat(self, request, context):
        yield llm_pb2.StreamChatResponse(started=llm_pb2.Started(model=request.model, provider="python"))
        if request.model == "error":
            context.set_trailing_metadata((("failure-bin", llm_pb2.Failure(retry_after_ms=1500).SerializeToString()),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "slow down, ünïcode")
        if request.model == "stall":
            # Said by the callback, because grpcio does not resume a generator whose client has gone in the meantime.
            ended = threading.Event()
            context.add_callback(lambda: (say("ended stall"), ended.set()))
            yield delta("Half")
            ended.wait(20)
            return
        for text in ("Grüße", " ", "🌍"):
            yield delta(text)
        yield llm_pb2.StreamChatResponse(finished=llm_pb2.Finished(finish_reason=llm_pb2.FINISH_REASON_STOP, model="some/model"))


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
llm_pb2_grpc.add_LlmServicer_to_server(Llm(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
say(port)
server.wait_for_termination()
