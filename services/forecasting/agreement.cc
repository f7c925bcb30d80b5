#include "services/forecasting/agreement.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/reconcile.h"
#include "libs/platform/postgres/text_list.h"

namespace kontor::forecasting {
namespace {

std::string NameOf(const Node& node) { return absl::StrCat(static_cast<int>(node.level), "/", node.id); }

}  // namespace

void Agreement::Add(const Node& node, const StoredForecast& forecast) {
  if (!forecast.pieces) return;
  const double sum = std::accumulate(forecast.variance.begin(), forecast.variance.end(), 0.0);
  rows_.push_back({node, forecast.mean, sum / static_cast<double>(std::max<size_t>(1, forecast.variance.size()))});
}

absl::Status Agreement::Solve() {
  const auto has_products = [](const Row& row) { return row.node.level == Level::kProduct; };
  if (std::none_of(rows_.begin(), rows_.end(), has_products)) return absl::OkStatus();
  std::vector<HierarchyNode> nodes;
  std::vector<std::vector<double>> forecasts;
  std::vector<double> variances;
  const std::string shop = NameOf({Level::kShop, ""});
  for (const Row& row : rows_) places_.emplace(NameOf(row.node), places_.size());
  for (Row& row : rows_) {
    HierarchyNode& node = nodes.emplace_back();
    node.name = NameOf(row.node);
    node.bottom = row.node.level == Level::kProduct;
    std::vector<std::string> path;
    if (row.node.level == Level::kCategory) {
      for (const absl::string_view level : postgres::SplitList(row.node.id)) path.emplace_back(level);
      path.pop_back();
    } else if (const auto info = products_.find(row.node.id); node.bottom && info != products_.end()) {
      path = info->second.category;
    }
    const std::string parent = path.empty() ? shop : NameOf({Level::kCategory, postgres::JoinList(path)});
    if (row.node.level != Level::kShop) node.parents = {places_.contains(parent) ? parent : shop};
    forecasts.push_back(std::move(row.mean));
    variances.push_back(row.variance);
  }
  ASSIGN_OR_RETURN(const Hierarchy hierarchy, Hierarchy::Make(std::move(nodes)));
  ReconcileInput input;
  input.forecasts = &forecasts;
  input.variances = variances;
  ASSIGN_OR_RETURN(Reconciled solved, Reconcile(hierarchy, input, {.method = Reconciliation::kWlsVariance}));
  moved_ = std::move(solved.forecasts);
  return absl::OkStatus();
}

void Agreement::Move(const Node& node, StoredForecast& forecast) const {
  const auto place = places_.find(NameOf(node));
  if (place == places_.end() || !forecast.pieces) return;
  const std::vector<double>& mean = moved_[place->second];
  constexpr size_t kLevels = std::size(kRunLevels);
  for (size_t i = 0; i < mean.size(); ++i) {
    for (size_t q = 0; q < kLevels; ++q) {
      float& value = forecast.quantiles[i * kLevels + q];
      if (forecast.mean[i] > 0) value = static_cast<float>(value * (mean[i] / forecast.mean[i]));
    }
    forecast.mean[i] = mean[i];
  }
}

}  // namespace kontor::forecasting
