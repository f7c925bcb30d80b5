#include "services/forecasting/hierarchy_handler.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/read_after.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/demand_writer.h"
#include "services/forecasting/hierarchy_answer.h"

namespace kontor::forecasting {
namespace {

using Request = v1::ForecastHierarchyRequest;

// Of every node; those without a whole step are empty.
absl::StatusOr<std::vector<Past>> PastsOf(const SeriesTree& tree, const TreeFactors& factors, PastQuestion question) {
  std::vector<Past> pasts;
  bool any = false;
  for (size_t node = 0; node < tree.sales.size(); ++node) {
    question.explained = factors.ExplainedDays(node, question.until);
    auto past = BuildPast(tree.sales[node], {}, question);
    if (!past.ok() && !absl::IsFailedPrecondition(past.status())) return past.status();
    any = any || past.ok();
    Past empty;
    empty.grain = question.grain;
    empty.first_step = LastWholeStep(question.until, question.grain) + 1;
    pasts.push_back(past.ok() ? *std::move(past) : std::move(empty));
  }
  if (any) return pasts;
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonHistoryTooShort,
                     "the series have no whole step yet; ask by day, or later");
}

}  // namespace

absl::StatusOr<PastQuestion> HierarchyHandler::QuestionOf(const fleet::Shop& shop, const Request& request) {
  PastQuestion question;
  question.grain = GrainOr(request.grain());
  ASSIGN_OR_RETURN(question.until, parts_.pasts.LastWholeDay(shop));
  if (request.measure() == v1::MEASURE_REVENUE) {
    question.measure = v1::MEASURE_REVENUE;
    ASSIGN_OR_RETURN(question.currency, parts_.demand.MainCurrency(shop.id));
  }
  return question;
}

absl::StatusOr<v1::ForecastHierarchyResponse> HierarchyHandler::Forecast(const runtime::CallContext& call,
                                                                         const Request& request) {
  RETURN_IF_ERROR(CheckHierarchy(request));
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(call.shop));
  const auto applied = [this](const log::Position& position, absl::Duration timeout) {
    return parts_.consumer.WaitUntilApplied(position, timeout);
  };
  RETURN_IF_ERROR(fleet::WaitForPositions(DemandTopics(), applied, call, request.read_after()));
  ASSIGN_OR_RETURN(const PastQuestion question, QuestionOf(*shop, request));
  const Selection selection = SelectionFrom(request.series());
  std::vector<CellDimension> dimensions;
  for (const int dimension : request.dimensions()) dimensions.push_back(static_cast<CellDimension>(dimension - 1));
  ASSIGN_OR_RETURN(const auto cells,
                   parts_.demand.SalesByCell(*shop, selection, dimensions, std::max(1, request.category_depth()),
                                             question.currency, question.until));
  if (cells.empty()) {
    return base::Error(absl::StatusCode::kNotFound, kReasonSeriesUnknown,
                       "nothing that the series names was sold by then; check its ids");
  }
  ASSIGN_OR_RETURN(const SeriesTree tree, BuildTree(cells, request.crossed()));
  ASSIGN_OR_RETURN(const Market market,
                   parts_.market.Read(*shop, selection.products,
                                      LastDay(LastWholeStep(question.until, question.grain), question.grain)));
  const TreeFactors factors(market, selection, tree, dimensions);
  ASSIGN_OR_RETURN(const std::vector<Past> pasts, PastsOf(tree, factors, question));
  TreeQuestion asked;
  asked.horizon = request.horizon() == 0 ? DefaultHorizon(question.grain) : request.horizon();
  asked.levels = {request.quantiles().begin(), request.quantiles().end()};
  if (asked.levels.empty()) asked.levels = {0.025, 0.1, 0.5, 0.9, 0.975};
  asked.temporal = request.temporal();
  const auto ended = [&] { return call.cancelled() || call.remaining() == absl::ZeroDuration(); };
  ASSIGN_OR_RETURN(const NodeForecasts forecasts, ForecastNodes(pasts, factors, asked, ended));
  auto reconciled = ReconcileBy(request.method(), request.crossed(), tree, pasts, forecasts);
  if (absl::IsFailedPrecondition(reconciled.status())) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonMethodFailed, reconciled.status().message());
  }
  RETURN_IF_ERROR(reconciled.status());
  HierarchyAnswer answer{request, question, tree, factors, pasts, asked, forecasts};
  v1::ForecastHierarchyResponse response = AnswerOf(answer, *reconciled);
  if (request.compare()) RETURN_IF_ERROR(AddErrors(answer, ended, response));
  return response;
}

}  // namespace kontor::forecasting
