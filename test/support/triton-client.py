"""Asks an endpoint with Triton's own client, unmodified: HTTP and gRPC, with and without binary data.

Usage: triton-client.py <http host:port> <grpc host:port>; the model m is that of everyTypeModel() in served-models.ts.
Prints one JSON object of what was found.
"""
import json
import sys

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http
from ml_dtypes import bfloat16
from tritonclient.utils import InferenceServerException

# The client itself has no JSON for them.
BINARY_ONLY = ("FP16", "BF16")

TYPES = {
    "bool": ("BOOL", np.array([[True, False], [False, True]])),
    "uint8": ("UINT8", np.array([[0, 255], [1, 2]], np.uint8)),
    "uint16": ("UINT16", np.array([[0, 65535], [1, 2]], np.uint16)),
    "uint32": ("UINT32", np.array([[0, 2**32 - 1], [1, 2]], np.uint32)),
    "uint64": ("UINT64", np.array([[0, 2**64 - 1], [1, 2]], np.uint64)),
    "int8": ("INT8", np.array([[-128, 127], [1, 2]], np.int8)),
    "int16": ("INT16", np.array([[-32768, 32767], [1, 2]], np.int16)),
    "int32": ("INT32", np.array([[-(2**31), 2**31 - 1], [1, 2]], np.int32)),
    "int64": ("INT64", np.array([[-(2**63), 2**63 - 1], [1, 2]], np.int64)),
    "float16": ("FP16", np.array([[0.5, -65504], [1, 2]], np.float16)),
    "bfloat16": ("BF16", np.array([[0.5, -(2.0**127)], [1, 2]], bfloat16)),
    "float32": ("FP32", np.array([[0.1, -3e38], [1, 2]], np.float32)),
    "float64": ("FP64", np.array([[0.1, -1e308], [1, 2]], np.float64)),
    "string": ("BYTES", np.array([["", "a"], ["ü", 'b"\n']], dtype=object)),
}


def texts(values):
    return [[v.decode() if isinstance(v, bytes) else v for v in row] for row in values]


def same(found, given, kind):
    if kind == "BYTES":
        return texts(found) == texts(given)
    return found.dtype == given.dtype and np.array_equal(found, given)


def inputs(module, without=(), **how):
    made = []
    for name, (kind, values) in TYPES.items():
        tensor = module.InferInput(f"{name}_in", list(values.shape), kind)
        if kind in without:
            tensor.set_data_from_numpy(values, binary_data=True)
        else:
            tensor.set_data_from_numpy(values, **how)
        made.append(tensor)
    return made


def wrong(result):
    return [name for name, (kind, values) in TYPES.items() if not same(result.as_numpy(f"{name}_out"), values, kind)]


def over_http(address):
    found = {}
    with http.InferenceServerClient(address) as client:
        found["live"] = [client.is_server_live(), client.is_server_ready(), client.is_model_ready("m", "1")]
        found["metadata"] = [client.get_server_metadata()["name"], len(client.get_model_metadata("m")["inputs"])]
        found["config"] = client.get_model_config("m")["name"]
        found["index"] = client.get_model_repository_index()[0]["name"]
        for binary_in in (True, False):
            for binary_out in (True, False):
                outputs = [http.InferRequestedOutput(f"{n}_out", binary_data=binary_out or k in BINARY_ONLY) for n, (k, _) in TYPES.items()]
                asked = inputs(http, without=BINARY_ONLY, binary_data=binary_in)
                found[f"{binary_in}/{binary_out}"] = wrong(client.infer("m", asked, outputs=outputs, request_id="q"))
        for coding in ("gzip", "deflate"):
            asked = inputs(http, binary_data=True)
            found[coding] = wrong(client.infer("m", asked, request_compression_algorithm=coding, response_compression_algorithm=coding))
        pending = [client.async_infer("m", inputs(http, binary_data=True)) for _ in range(8)]
        found["async"] = [wrong(each.get_result()) for each in pending]
        found["refused"] = refusal(lambda: client.infer("m", inputs(http, binary_data=True)[1:]))
        found["unknown"] = refusal(lambda: client.infer("q", inputs(http, binary_data=True)))
        found["statistics"] = client.get_inference_statistics("m")["model_stats"][0]["inference_stats"]["success"]["count"]
    return found


def over_grpc(address):
    found = {}
    with grpc.InferenceServerClient(address) as client:
        found["live"] = [client.is_server_live(), client.is_server_ready(), client.is_model_ready("m", "1")]
        found["metadata"] = [client.get_server_metadata().name, len(client.get_model_metadata("m").inputs)]
        found["config"] = client.get_model_config("m").config.name
        found["index"] = client.get_model_repository_index().models[0].name
        result = client.infer("m", inputs(grpc), request_id="q", client_timeout=30)
        found["infer"] = wrong(result)
        found["id"] = result.get_response().id
        found["gzip"] = wrong(client.infer("m", inputs(grpc), compression_algorithm="gzip"))
        outputs = [grpc.InferRequestedOutput("int64_out")]
        found["one output"] = [o.name for o in client.infer("m", inputs(grpc), outputs=outputs).get_response().outputs]
        found["refused"] = refusal(lambda: client.infer("m", inputs(grpc)[1:]))
        found["unknown"] = refusal(lambda: client.infer("q", inputs(grpc)))
        found["statistics"] = client.get_inference_statistics("m").model_stats[0].inference_stats.success.count
    return found


def refusal(ask):
    try:
        ask()
    except InferenceServerException as error:
        return [error.status(), error.message()]
    return None


print(json.dumps({"http": over_http(sys.argv[1]), "grpc": over_grpc(sys.argv[2])}))
