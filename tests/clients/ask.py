"""Asks a running Kontor from Python what an analyst and a storefront would ask.

    PYTHONPATH=var/python var/venv/bin/python tests/clients/ask.py [--address ADDRESS] [--key-file FILE] [--customer ID]

Start one with ./kontor demo --keep or ./kontor up. ADDRESS is HOST:PORT of a process that serves everything, or one for
each service: analytics=HOST:PORT,recommendations=HOST:PORT. The stubs in var/python are made by ./kontor setup; any gRPC client
generated from proto/ does as well.
"""

import argparse

import grpc
from kontor.analytics.v1 import analytics_service_pb2 as analytics
from kontor.analytics.v1.analytics_service_pb2_grpc import AnalyticsServiceStub
from kontor.recommendations.v1 import recommendation_service_pb2 as recommendations
from kontor.recommendations.v1.recommendation_service_pb2_grpc import RecommendationServiceStub

SHOP = "shops/default"


def shown(value):
    kind = value.WhichOneof("value")
    if kind == "money":
        return f"{value.money.units + value.money.nanos / 1e9:,.2f} {value.money.currency_code}"
    return f"{value.count:,}" if kind == "count" else str(getattr(value, kind) if kind else "")


def print_kpis(channel, call):
    stub = AnalyticsServiceStub(channel)
    metrics = stub.ListMetrics(analytics.ListMetricsRequest(parent=SHOP), **call).metrics
    wanted = [metric.name for metric in metrics if metric.unit == analytics.Metric.UNIT_MONEY][:2]
    query = analytics.QueryKpisRequest(parent=SHOP, metrics=wanted, grain=analytics.GRAIN_MONTH)
    answer = stub.QueryKpis(query, **call)
    print("by month:", ", ".join(answer.metric_columns))
    for row in answer.rows:
        print("  ", *row.keys, *map(shown, row.values), sep="  ")


def print_recommendations(channel, call, customer):
    request = recommendations.RecommendRequest(parent=SHOP, customer_id=customer, page_size=5)
    answer = RecommendationServiceStub(channel).Recommend(request, **call)
    print(f"for {customer or 'a stranger'} ({recommendations.Tier.Name(answer.tier)}):")
    for each in answer.recommendations:
        print(f"    {each.score:8.4f}  {each.product_id}  {each.title}")


def channel_to(address, service):
    by_service = dict(part.split("=", 1) for part in address.split(",") if "=" in part)
    return grpc.insecure_channel(by_service.get(service, address))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="127.0.0.1:7700")
    parser.add_argument("--key-file", default="var/run/key")
    parser.add_argument("--customer", default="")
    arguments = parser.parse_args()
    with open(arguments.key_file, encoding="utf-8") as file:
        call = {"metadata": [("authorization", "Bearer " + file.read().strip())], "timeout": 10}
    with channel_to(arguments.address, "analytics") as channel:
        print_kpis(channel, call)
    with channel_to(arguments.address, "recommendations") as channel:
        print_recommendations(channel, call, arguments.customer)


if __name__ == "__main__":
    main()
