"""Who may call what."""

import grpc

import made_events as made
from check_input import refused
from checking import equal
from fleet import Fleet, analytics, ingest, recommendations

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
LIST_SERVICES = b"\x3a\x01*"  # ServerReflectionRequest{list_services: "*"}
MODULES = (ingest, analytics, recommendations)


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


def listed_services(world):
    """Names that the admin port's reflection lists (ListServiceResponse, field 6 of the answer)."""
    with grpc.insecure_channel(f"127.0.0.1:{world.stand.port + 1}") as channel:
        answers = channel.stream_stream(REFLECTION)(iter([LIST_SERVICES]), timeout=10)
        response = next(answers)
        answers.cancel()
    services = [entry for number, part in fields(response) if number == 6 for _, entry in fields(part)]
    return {name.decode() for service in services for number, name in fields(service) if number == 1}


def methods():
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield f"/{service.full_name}/{method.name}", method


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
    services = {service.full_name for module in MODULES for service in module.DESCRIPTOR.services_by_name.values()}
    equal({name for name in listed_services(world) if name.startswith("kontor.")}, services, "services by reflection")
    with grpc.insecure_channel(world.stand.address) as channel:
        for path, method in methods():
            for metadata in ((), [("authorization", "Bearer nobody")], [("authorization", "Basic eDp5")]):
                equal(code_of(channel, path, method, metadata), grpc.StatusCode.UNAUTHENTICATED, f"{path} {metadata}")


def every_rpc_wants_one_of_its_roles(world):
    extension = ingest.DESCRIPTOR.pool.FindExtensionByName("kontor.type.v1.allowed_roles")
    role_type = extension.enum_type
    mine = role_type.values_by_name["ROLE_ANALYST"].number
    metadata = [("authorization", "Bearer " + world.stand.keys["analyst"])]
    walked = 0
    with grpc.insecure_channel(world.stand.address) as channel:
        for path, method in methods():
            options = method.GetOptions()
            allowed = next(value for field, value in options.ListFields() if field.number == extension.number)
            if mine not in list(allowed):
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
    with grpc.insecure_channel(world.stand.address) as channel:
        metadata = [("authorization", "Bearer " + world.stand.keys["all"])]
        try:
            next(channel.stream_stream(REFLECTION)(iter([LIST_SERVICES]), timeout=10, metadata=metadata))
        except grpc.RpcError as error:
            equal(error.code(), grpc.StatusCode.UNIMPLEMENTED, "reflection")
        else:
            raise AssertionError("the public port answers reflection")
    assert any(name.startswith("grpc_server_handled_total") for name in world.stand.metrics())


def a_storefront_key_may_do_a_storefronts_work(world):
    with Fleet(world.stand.address, world.stand.keys["storefront"]) as fleet:
        fleet.send(made.order())
        assert fleet.recommend(customer_id="12000").recommendations is not None
        refused(lambda: fleet.query(("revenue",)), grpc.StatusCode.PERMISSION_DENIED, "ROLE_ANALYST")
