#include "services/forecasting/backtest_handler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/accuracy.h"
#include "libs/domain/forecasting/backtest.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/methods.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert_accuracy.h"
#include "services/forecasting/forecast_handler.h"

namespace kontor::forecasting {
namespace {

constexpr int kDefaultOrigins = 4;
constexpr char kNaive[] = "seasonal_naive";

absl::StatusOr<std::vector<Method>> MethodsOf(const v1::BacktestRequest& request) {
  std::vector<Method> methods;
  if (request.methods().empty()) {
    for (const NamedMethod& named : AllMethods()) methods.push_back(named.method);
    return methods;
  }
  base::Violations violations;
  for (int i = 0; i < request.methods_size(); ++i) {
    auto method = MethodByName(request.methods(i));
    if (method.ok()) {
      methods.push_back(*std::move(method));
    } else {
      violations.Add(absl::StrCat("methods[", i, "]"), kReasonMethodUnknown, method.status().message());
    }
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return methods;
}

// What came after an origin, and what methods said.
struct Origin {
  Series past;
  Values future;
  std::vector<double> naive;
};

// Forecasts of one method from one origin, added to both of its monitors.
absl::Status Score(const Method& method, const Origin& origin, AccuracyMonitor& here, AccuracyMonitor& overall) {
  ASSIGN_OR_RETURN(const std::unique_ptr<FittedModel> model, method.fit(origin.past));
  const Prediction prediction = model->Predict(static_cast<int>(origin.future.size()));
  const int lag = origin.past.season();
  const double scale = NaiveScale(origin.past.values, lag), squared = SquaredNaiveScale(origin.past.values, 1);
  for (size_t i = 0; i < origin.future.size(); ++i) {
    ScoredForecast scored;
    scored.actual = origin.future[i];
    scored.forecast = std::max(0.0, prediction.mean[i]);
    scored.naive = origin.naive[i];
    scored.step = static_cast<int>(i) + 1;
    scored.scale = std::isfinite(scale) ? scale : 0;
    scored.squared_scale = std::isfinite(squared) ? squared : 0;
    RETURN_IF_ERROR(here.Add(scored));
    RETURN_IF_ERROR(overall.Add(scored));
  }
  return absl::OkStatus();
}

struct MethodScore {
  AccuracyMonitor monitor{{}};
  std::string refused;
};

v1::MethodAccuracy AccuracyOf(const std::string& method, const AccuracyMonitor& monitor, const std::string& refused) {
  v1::MethodAccuracy out;
  out.set_method(method);
  if (monitor.Overall().count > 0) {
    *out.mutable_accuracy() = AccuracyFrom(monitor.Overall());
  } else {
    out.set_refused_text(refused);
  }
  return out;
}

double ErrorOf(const v1::MethodAccuracy& method) {
  return method.accuracy().has_wape() ? method.accuracy().wape() : HUGE_VAL;
}

}  // namespace

absl::Status BacktestHandler::Backtest(const runtime::CallContext& call, const v1::BacktestRequest& request,
                                       runtime::Writer<v1::BacktestResponse>& writer) {
  RETURN_IF_ERROR(CheckBacktest(request));
  ASSIGN_OR_RETURN(const std::vector<Method> methods, MethodsOf(request));
  ASSIGN_OR_RETURN(const fleet::Shop* shop, pasts_.FindShop(call.shop));
  ASSIGN_OR_RETURN(const Past past,
                   pasts_.Read(*shop, SelectionFrom(request.series()), request.grain(), request.measure()));
  const Series series = past.series();
  BacktestPlan plan;
  plan.horizon = request.horizon() == 0 ? DefaultHorizon(past.grain) : request.horizon();
  plan.origins = request.origins() == 0 ? kDefaultOrigins : request.origins();
  plan.step = request.step() == 0 ? plan.horizon : request.step();
  plan.min_training = std::max(2, series.season());
  const auto origins = Origins(static_cast<int>(series.values.size()), plan);
  if (!origins.ok()) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonHistoryTooShort, origins.status().message());
  }
  ASSIGN_OR_RETURN(const Method naive, MethodByName(kNaive));
  std::map<std::string, MethodScore> scores;
  int done = 0;
  for (const int before : *origins) {
    if (call.cancelled()) return absl::CancelledError("the caller has gone");
    Origin origin{{series.values.first(before), {}}, series.values.subspan(before, plan.horizon), {}};
    for (const int season : series.seasons) {
      if (before >= 2 * season) origin.past.seasons.push_back(season);
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<FittedModel> model, naive.fit(origin.past));
    origin.naive = model->Predict(plan.horizon).mean;
    v1::BacktestResponse response;
    v1::BacktestOrigin& told = *response.mutable_origin();
    *told.mutable_start_date() = DateFrom(FirstDay(past.first_step + before, past.grain));
    for (const Method& method : methods) {
      MethodScore& score = scores[method.name];
      AccuracyMonitor here({});
      const absl::Status status = Score(method, origin, here, score.monitor);
      if (!status.ok()) score.refused = std::string(status.message());
      *told.add_methods() = AccuracyOf(method.name, here, score.refused);
    }
    response.set_origins_done(++done);
    response.set_origins_total(static_cast<int32_t>(origins->size()));
    if (done == static_cast<int>(origins->size())) {
      for (const auto& [name, score] : scores) {
        *response.add_summary() = AccuracyOf(name, score.monitor, score.refused);
      }
      std::stable_sort(response.mutable_summary()->begin(), response.mutable_summary()->end(),
                       [](const auto& a, const auto& b) { return ErrorOf(a) < ErrorOf(b); });
    }
    RETURN_IF_ERROR(writer.Write(response));
  }
  return absl::OkStatus();
}

}  // namespace kontor::forecasting
