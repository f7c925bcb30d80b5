#include "services/forecasting/forecast_handler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/methods.h"
#include "libs/platform/fleet/read_after.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/demand_writer.h"
#include "services/forecasting/market_answer.h"
#include "services/forecasting/scenario_reader.h"

namespace kontor::forecasting {
namespace {

std::vector<double> ProbabilitiesOf(const v1::ForecastRequest& request) {
  if (request.quantiles().empty()) return {0.025, 0.1, 0.5, 0.9, 0.975};
  return {request.quantiles().begin(), request.quantiles().end()};
}

int HorizonOf(const v1::ForecastRequest& request) {
  return request.horizon() == 0 ? DefaultHorizon(GrainOr(request.grain())) : request.horizon();
}

bool IsGlobal(const std::string& method) { return method == kNetworkMethod || method == kTreesMethod; }

absl::Status CheckMethod(const std::string& name) {
  base::Violations violations;
  if (name.empty() || IsGlobal(name)) return absl::OkStatus();
  const auto method = MethodByName(name);
  if (!method.ok()) violations.Add("method", kReasonMethodUnknown, method.status().message());
  return violations.ToStatus();
}

// The forecast without the scenario, and what each of its parts adds.
void AddScenario(const ScenarioEffect& effect, const Unit& unit, Values mean, v1::ForecastResponse& response) {
  v1::ForecastComponent& base = *response.add_components();
  base.set_title("without the scenario");
  for (const double value : mean) *base.add_values() = unit(value);
  for (const Component& share : effect.shares) {
    v1::ForecastComponent& part = *response.add_components();
    part.set_title(share.name);
    for (size_t i = 0; i < mean.size(); ++i) *part.add_values() = unit(mean[i] * share.values[i]);
  }
  for (const std::string& note : effect.notes) response.add_notes(note);
}

}  // namespace

absl::StatusOr<v1::ForecastResponse> ForecastHandler::Forecast(const runtime::CallContext& call,
                                                               const v1::ForecastRequest& request) {
  RETURN_IF_ERROR(CheckForecast(request));
  RETURN_IF_ERROR(CheckMethod(request.method()));
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(call.shop));
  const auto applied = [this](const log::Position& position, absl::Duration timeout) {
    return parts_.consumer.WaitUntilApplied(position, timeout);
  };
  RETURN_IF_ERROR(fleet::WaitForPositions(DemandTopics(), applied, call, request.read_after()));
  ASSIGN_OR_RETURN(std::optional<v1::ForecastResponse> stored, FromRun(*shop, request));
  if (stored.has_value()) return *std::move(stored);
  return MakeAnew(*shop, request);
}

absl::StatusOr<std::optional<v1::ForecastResponse>> ForecastHandler::FromRun(const fleet::Shop& shop,
                                                                             const v1::ForecastRequest& request) {
  const std::optional<Node> node = NodeOf(SelectionFrom(request.series()));
  const v1::Grain grain = GrainOr(request.grain());
  if (!node.has_value() || request.has_scenario() || !request.method().empty() || !request.read_after().empty() ||
      request.measure() == v1::MEASURE_REVENUE || grain == v1::GRAIN_MONTH) {
    return std::optional<v1::ForecastResponse>();
  }
  const auto run = parts_.runs.NewestDone(shop.id);
  if (absl::IsNotFound(run.status())) return std::optional<v1::ForecastResponse>();
  RETURN_IF_ERROR(run.status());
  const auto forecast = parts_.runs.Read(shop.id, run->number, grain, *node);
  if (absl::IsNotFound(forecast.status())) return std::optional<v1::ForecastResponse>();
  RETURN_IF_ERROR(forecast.status());
  const auto steps = static_cast<size_t>(HorizonOf(request));
  if (forecast->mean.size() < steps) return std::optional<v1::ForecastResponse>();
  v1::ForecastResponse response;
  const std::vector<double> probabilities = ProbabilitiesOf(request);
  std::vector<std::vector<double>> quantiles;
  for (size_t i = 0; i < steps; ++i) quantiles.push_back(QuantilesAt(*forecast, i, probabilities));
  AddPoints(forecast->first_step, grain, {}, Values(forecast->mean).first(steps), quantiles, probabilities,
            *response.mutable_points());
  response.set_model(forecast->model);
  response.set_run(RunName(*run));
  *response.mutable_data_until() = DateFrom(run->data_until);
  if (forecast->backtest_wape) response.set_backtest_wape(*forecast->backtest_wape);
  if (forecast->backtest_naive_wape) response.set_backtest_naive_wape(*forecast->backtest_naive_wape);
  TellFactors(*forecast, response);
  RETURN_IF_ERROR(AddHistory(shop, request, run->data_until, response));
  return std::optional<v1::ForecastResponse>(std::move(response));
}

absl::Status ForecastHandler::AddHistory(const fleet::Shop& shop, const v1::ForecastRequest& request,
                                         absl::CivilDay until, v1::ForecastResponse& response) {
  if (request.history() == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Past past,
                   parts_.pasts.Read(shop, SelectionFrom(request.series()), request.grain(), request.measure(), until));
  AddPast(past, request.history(), response);
  return absl::OkStatus();
}

absl::StatusOr<AutomaticForecast> ForecastHandler::ByGlobalModel(const std::string& shop, const Past& past,
                                                                 const AutomaticOptions& options) {
  if (past.grain == v1::GRAIN_MONTH || past.measure == v1::MEASURE_REVENUE) {
    base::Violations violations;
    violations.Add("method", "OUT_OF_RANGE", "models over all products forecast units by day and by week");
    return violations.ToStatus();
  }
  Past whole = past;
  for (double& units : whole.cleaned) units = std::floor(units);
  AutomaticForecast forecast;
  if (options.method == kNetworkMethod) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const GlobalNetwork> network, parts_.models.Network(shop, past.grain));
    ASSIGN_OR_RETURN(forecast.prediction, network->Predict(AsNetworkSeries(whole), options.horizon));
    ASSIGN_OR_RETURN(forecast.quantiles, network->Quantiles(AsNetworkSeries(whole), options.horizon, options.levels));
  } else {  // the spread is that of the choice, in proportion
    ASSIGN_OR_RETURN(const std::shared_ptr<const SetModel> trees, parts_.models.Trees(shop, past.grain));
    AutomaticOptions choice = options;
    choice.method.clear();
    ASSIGN_OR_RETURN(forecast, ForecastAutomatically(past.series(), choice));
    const std::vector<double> mean = trees->Predict(SetSeries(whole), options.horizon).mean;
    for (size_t i = 0; i < mean.size(); ++i) {
      const double before = forecast.prediction.mean[i], factor = before > 0 ? mean[i] / before : 1;
      for (double& value : forecast.quantiles.values[i]) value *= factor;
    }
    forecast.prediction.mean = mean;
    forecast.backtest_wape.reset();
  }
  forecast.method = forecast.model = options.method;
  return forecast;
}

absl::StatusOr<AutomaticForecast> ForecastHandler::MakeForecast(const std::string& shop, const Past& past,
                                                                const FactorChoice& choice,
                                                                const AutomaticOptions& options) {
  if (IsGlobal(options.method)) return ByGlobalModel(shop, past, options);
  if (!options.method.empty()) return ForecastAutomatically(past.series(), options);
  return ForecastWithFactors(past.series(), options, choice);
}

absl::StatusOr<v1::ForecastResponse> ForecastHandler::MakeAnew(const fleet::Shop& shop,
                                                               const v1::ForecastRequest& request) {
  ASSIGN_OR_RETURN(const Past past,
                   parts_.pasts.Read(shop, SelectionFrom(request.series()), request.grain(), request.measure()));
  AutomaticOptions options;
  options.horizon = HorizonOf(request);
  options.levels = ProbabilitiesOf(request);
  options.method = request.method();
  MarketQuestion question{shop, SelectionFrom(request.series()), past, options.horizon, request.scenario()};
  ASSIGN_OR_RETURN(const MarketAnswer market, AskMarket(parts_.market, question));
  ASSIGN_OR_RETURN(AutomaticForecast forecast, MakeForecast(shop.id, past, market.choice, options));
  v1::ForecastResponse response;
  const Unit unit{past.measure, past.currency};
  if (request.has_scenario()) {
    Past base = past;
    if (options.method.empty()) base.cleaned = market.choice.base;
    ASSIGN_OR_RETURN(ScenarioEffect effect, ReadScenario(parts_.demand, shop, request, base, options.horizon));
    AddPlanned(market, effect);
    AddScenario(effect, unit, forecast.prediction.mean, response);
    ApplyScenario(effect, forecast.prediction.mean, forecast.quantiles.values);
  }
  AddPoints(past.next_step(), past.grain, unit, forecast.prediction.mean, forecast.quantiles.values, options.levels,
            *response.mutable_points());
  response.set_model(forecast.model);
  *response.mutable_data_until() = DateFrom(LastDay(past.next_step() - 1, past.grain));
  if (forecast.backtest_wape) response.set_backtest_wape(*forecast.backtest_wape);
  if (forecast.backtest_naive_wape) response.set_backtest_naive_wape(*forecast.backtest_naive_wape);
  if (options.method.empty()) TellFactors(market, response);
  AddPast(past, request.history(), response);
  return response;
}

}  // namespace kontor::forecasting
