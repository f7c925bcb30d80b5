#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "services/forecasting/demand_store.h"
#include "services/forecasting/stored_forecast.h"

namespace kontor::forecasting {

// Moves the forecasts of one step width so that products sum to their categories and to the shop: least squares weighed
// by each series' own error variance, nothing below 0 (reconcile_tree.h). Quantiles move in proportion: how errors of
// series go together is not known, so that none becomes surer, and what can be 0 still can. Series that are not sold by
// the piece stay. First all are added, then it is solved, then each is moved. Memory: the means. Not thread-safe.
class Agreement {
 public:
  // Which categories products are in. Borrows.
  explicit Agreement(const absl::flat_hash_map<std::string, ProductInfo>& products) : products_(products) {}

  void Add(const Node& node, const StoredForecast& forecast);
  absl::Status Solve();
  // Mean and quantiles; leaves what is not part of it.
  void Move(const Node& node, StoredForecast& forecast) const;

 private:
  struct Row {
    Node node;
    std::vector<double> mean;
    double variance = 0;  // mean over the steps
  };

  const absl::flat_hash_map<std::string, ProductInfo>& products_;
  std::vector<Row> rows_;
  absl::flat_hash_map<std::string, size_t> places_;  // by name, after Solve
  std::vector<std::vector<double>> moved_;
};

}  // namespace kontor::forecasting
