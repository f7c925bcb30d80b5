"""Who may call what."""

import grpc

import made_events as made
from check_input import refused
from checking import equal
from fleet import Fleet, analytics, ingest, recommendations
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from kontor.type.v1 import access_pb2

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
LIST_SERVICES = b"\x3a\x01*"  # ServerReflectionRequest{list_services: "*"}


def fields(message):
    """(number, bytes) of the length-delimited fields of a serialised message whose others are varints."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(message):
        tag = varint()
        size = varint()
        if tag & 7 == 2:
            yield tag >> 3, message[at:at + size]
            at += size


def ask_reflection(address, request, metadata=()):
    """One question to the reflection of a port; the serialised ServerReflectionResponse."""
    with grpc.insecure_channel(address) as channel:
        answers = channel.stream_stream(REFLECTION)(iter([request]), timeout=10, metadata=metadata)
        response = next(answers)
        answers.cancel()
    return response


def methods(world):
    """(path, MethodDescriptorProto) of every RPC that the admin port's reflection tells of, those of gRPC left out."""
    admin = f"127.0.0.1:{world.stand.port + 1}"
    listed = ask_reflection(admin, LIST_SERVICES)
    services = [entry for number, part in fields(listed) if number == 6 for _, entry in fields(part)]
    names = [name.decode() for service in services for number, name in fields(service) if number == 1]
    for name in sorted(name for name in names if not name.startswith("grpc.")):
        question = b"\x22" + bytes([len(name)]) + name.encode()  # file_containing_symbol
        files = [file for number, part in fields(ask_reflection(admin, question)) if number == 4
                 for _, file in fields(part)]
        described = {f"{file.package}.{service.name}": service for file in map(FileDescriptorProto.FromString, files)
                     for service in file.service}
        for method in described[name].method:
            yield f"/{name}/{method.name}", method


def code_of(channel, path, method, metadata=()):
    call = {(False, False): channel.unary_unary, (False, True): channel.unary_stream, (True, False): channel.stream_unary,
            (True, True): channel.stream_stream}[method.client_streaming, method.server_streaming](path)
    request = b"\x0a\x0dshops/default"  # field 1, parent or name
    try:
        answer = call(iter([request]) if method.client_streaming else request, timeout=10, metadata=metadata)
        return list(answer) if method.server_streaming else answer
    except grpc.RpcError as error:
        return error.code()


def every_rpc_wants_a_key(world):
    walked = set()
    with grpc.insecure_channel(world.stand.address) as channel:
        for path, method in methods(world):
            walked.add(path.split("/")[1])
            for metadata in ((), [("authorization", "Bearer nobody")], [("authorization", "Basic eDp5")]):
                equal(code_of(channel, path, method, metadata), grpc.StatusCode.UNAUTHENTICATED, f"{path} {metadata}")
    mine = {service.full_name for module in (ingest, analytics, recommendations)
            for service in module.DESCRIPTOR.services_by_name.values()}
    assert mine <= walked, f"reflection lists {walked}"


def every_rpc_wants_one_of_its_roles(world):
    metadata = [("authorization", "Bearer " + world.stand.keys["analyst"])]
    walked = 0
    with grpc.insecure_channel(world.stand.address) as channel:
        for path, method in methods(world):
            if access_pb2.ROLE_ANALYST not in method.options.Extensions[access_pb2.allowed_roles]:
                walked += 1
                equal(code_of(channel, path, method, metadata), grpc.StatusCode.PERMISSION_DENIED, path)
    assert walked > 3, walked


def another_shop_is_refused(world):
    denied = grpc.StatusCode.PERMISSION_DENIED
    call, other = world.fleet.call, "shops/other"
    refused(lambda: world.fleet.send(made.order(), parent=other), denied)
    query = analytics.QueryKpisRequest(parent=other, metrics=["revenue"])
    refused(lambda: world.fleet.analytics.QueryKpis(query, **call), denied)
    ask = recommendations.RecommendRequest(parent=other)
    refused(lambda: world.fleet.recommendations.Recommend(ask, **call), denied)
    refused(lambda: world.fleet.imports.GetImport(ingest.GetImportRequest(name=other + "/imports/x"), **call), denied)
    refused(lambda: world.fleet.send(made.order(), parent="shops/"), grpc.StatusCode.INVALID_ARGUMENT)


def reflection_and_metrics_stay_off_the_public_port(world):
    metadata = [("authorization", "Bearer " + world.stand.keys["all"])]
    refused(lambda: ask_reflection(world.stand.address, LIST_SERVICES, metadata), grpc.StatusCode.UNIMPLEMENTED)
    assert any(name.startswith("grpc_server_handled_total") for name in world.stand.metrics())


def a_storefront_key_may_do_a_storefronts_work(world):
    with Fleet(world.stand.address, world.stand.keys["storefront"]) as fleet:
        fleet.send(made.order())
        assert fleet.recommend(customer_id="12000").recommendations is not None
        refused(lambda: fleet.query(("revenue",)), grpc.StatusCode.PERMISSION_DENIED, "ROLE_ANALYST")
