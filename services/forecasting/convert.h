#pragma once

#include <string>

#include "kontor/forecasting/v1/inventory_service.pb.h"
#include "libs/domain/forecasting/automatic.h"
#include "services/forecasting/past.h"
#include "services/forecasting/run_store.h"

// Between messages and this service's words.
namespace kontor::forecasting {

Selection SelectionFrom(const v1::SeriesSelector& selector);
// The series of runs that a selection is; nothing for others.
std::optional<Node> NodeOf(const Selection& selection);
Selection SelectionOf(const Node& node);
v1::SeriesSelector SelectorOf(const Node& node);

// How numbers of a series are written.
struct Unit {
  v1::Measure measure = v1::MEASURE_UNITS;
  std::string currency;

  v1::Value operator()(double amount) const;  // money rounded to cents
  v1::Value Exact(absl::int128 nanos) const;
};

google::type::Money MoneyFrom(double amount, const std::string& currency);

v1::SeriesChange ChangeFrom(const PastChange& change, v1::Grain grain, const Unit& unit);
v1::ForecastRun RunFrom(const Run& run);

// The steps of a forecast; `quantiles` has for each step the values at `probabilities`.
void AddPoints(int64_t first_step, v1::Grain grain, const Unit& unit, Values mean,
               const std::vector<std::vector<double>>& quantiles, absl::Span<const double> probabilities,
               google::protobuf::RepeatedPtrField<v1::ForecastPoint>& points);

// The last `steps` steps as observations, and all changes.
void AddPast(const Past& past, int steps, v1::ForecastResponse& response);

}  // namespace kontor::forecasting
