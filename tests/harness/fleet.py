"""A running fleet as a caller sees it, in the name of one key."""

import sys

from stand import ROOT

sys.path.insert(0, ROOT + "/var/python")

import grpc  # noqa: E402
from kontor.analytics.v1 import analytics_service_pb2 as analytics  # noqa: E402
from kontor.analytics.v1.analytics_service_pb2_grpc import AnalyticsServiceStub  # noqa: E402
from kontor.forecasting.v1 import forecasting_service_pb2 as forecasting  # noqa: E402
from kontor.forecasting.v1.forecasting_service_pb2_grpc import ForecastingServiceStub  # noqa: E402
from kontor.ingest.v1 import ingest_service_pb2 as ingest  # noqa: E402
from kontor.ingest.v1.ingest_service_pb2_grpc import EventServiceStub, ImportServiceStub  # noqa: E402
from kontor.recommendations.v1 import recommendation_service_pb2 as recommendations  # noqa: E402
from kontor.recommendations.v1.recommendation_service_pb2_grpc import RecommendationServiceStub  # noqa: E402
from kontor.search.v1 import search_service_pb2 as search  # noqa: E402
from kontor.search.v1.search_service_pb2_grpc import SearchServiceStub  # noqa: E402

SHOP = "shops/default"
NANOS = 10**9
PAGE = 20_000


def number(value):
    """A KpiValue as an integer: nanos of money and quantities, counts as they are; a ratio as a float; None when unset."""
    kind = value.WhichOneof("value")
    if kind in ("money", "quantity"):
        part = getattr(value, kind)
        return part.units * NANOS + part.nanos
    return getattr(value, kind) if kind else None


class Fleet:
    def __init__(self, address, key, timeout=60):
        self.channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", 64 << 20),
                                                               ("grpc.max_send_message_length", -1),
                                                               ("grpc.initial_reconnect_backoff_ms", 100),
                                                               ("grpc.max_reconnect_backoff_ms", 500)])
        self.call = {"timeout": timeout}
        if key:
            self.call["metadata"] = [("authorization", f"Bearer {key}")]
        self.analytics = AnalyticsServiceStub(self.channel)
        self.events = EventServiceStub(self.channel)
        self.forecasting = ForecastingServiceStub(self.channel)
        self.imports = ImportServiceStub(self.channel)
        self.recommendations = RecommendationServiceStub(self.channel)
        self.searching = SearchServiceStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def query(self, metrics, dimensions=(), **fields):
        request = analytics.QueryKpisRequest(parent=SHOP, metrics=metrics, dimensions=dimensions, **fields)
        return self.analytics.QueryKpis(request, **self.call)

    def totals(self, metrics, **fields):
        """Metric → number over everything."""
        return dict(zip(metrics, map(number, self.query(metrics, **fields).totals.values)))

    def cells(self, metrics, dimensions):
        """(day, dimension, …) → numbers, of all pages; rows of zeros are left out."""
        found, token = {}, ""
        while True:
            answer = self.query(metrics, dimensions, grain=analytics.GRAIN_DAY, page_size=PAGE, page_token=token)
            for row in answer.rows:
                values = tuple(number(value) or 0 for value in row.values)
                if any(values):
                    assert tuple(row.keys) not in found, f"{row.keys} comes twice"
                    found[tuple(row.keys)] = values
            token = answer.next_page_token
            if not token:
                return found

    def all_imports(self):
        return self.imports.ListImports(ingest.ListImportsRequest(parent=SHOP, page_size=1000), **self.call).imports

    def import_of(self, name):
        return self.imports.GetImport(ingest.GetImportRequest(name=name), **self.call)

    def send(self, *events, parent=SHOP):
        return self.events.SendEvents(ingest.SendEventsRequest(parent=parent, events=events), **self.call).verdicts

    def recommend(self, **fields):
        return self.recommendations.Recommend(recommendations.RecommendRequest(parent=SHOP, **fields), **self.call)

    def search(self, **fields):
        return self.searching.Search(search.SearchRequest(parent=SHOP, **fields), **self.call)

    def start_forecast_run(self, **fields):
        return self.forecasting.StartForecastRun(forecasting.StartForecastRunRequest(parent=SHOP, **fields), **self.call)

    def forecast_run(self, name):
        return self.forecasting.GetForecastRun(forecasting.GetForecastRunRequest(name=name), **self.call)

    def train(self, force=False):
        request = recommendations.TrainModelRequest(parent=SHOP, force=force)
        return self.recommendations.TrainModel(request, **{**self.call, "timeout": 600})
