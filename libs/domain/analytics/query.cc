#include "libs/domain/analytics/query.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"

namespace kontor::analytics {
namespace {

std::string MetricNames() {
  return absl::StrJoin(Metrics(), ", ",
                       [](std::string* out, const MetricInfo& metric) { absl::StrAppend(out, metric.name); });
}

std::string AllDimensionNames() { return DimensionNames((uint32_t{1} << kDimensionCount) - 1); }

void CheckMetrics(const Query& query, base::Violations& violations) {
  if (query.metrics.empty())
    violations.Add("metrics", "REQUIRED", absl::StrCat("name at least one of ", MetricNames()));
  absl::flat_hash_set<std::string> seen;
  for (size_t i = 0; i < query.metrics.size(); ++i) {
    const std::string& name = query.metrics[i];
    const std::string field = absl::StrCat("metrics[", i, "]");
    if (FindMetric(name) == nullptr) {
      violations.Add(field, "UNKNOWN_METRIC",
                     absl::StrCat("there is no metric \"", name, "\"; there are ", MetricNames()));
    } else if (!seen.insert(name).second) {
      violations.Add(field, "NAMED_TWICE", absl::StrCat(name, " is named twice; name it once"));
    }
  }
}

// The dimension must exist and apply to every (existing) metric of the query.
void CheckDimension(const Query& query, const std::string& name, const std::string& field,
                    base::Violations& violations) {
  const DimensionInfo* const info = FindDimension(name);
  if (info == nullptr) {
    violations.Add(field, "UNKNOWN_DIMENSION",
                   absl::StrCat("there is no dimension \"", name, "\"; there are ", AllDimensionNames()));
    return;
  }
  for (const std::string& metric_name : query.metrics) {
    const MetricInfo* const metric = FindMetric(metric_name);
    if (metric == nullptr || metric->Allows(info->dimension)) continue;
    violations.Add(field, "DIMENSION_DOES_NOT_APPLY",
                   absl::StrCat(metric_name, " cannot be split or filtered by ", name, ", only by ",
                                DimensionNames(metric->dimensions)));
  }
}

void CheckDimensions(const Query& query, base::Violations& violations) {
  absl::flat_hash_set<std::string> seen;
  for (size_t i = 0; i < query.dimensions.size(); ++i) {
    const std::string field = absl::StrCat("dimensions[", i, "]");
    CheckDimension(query, query.dimensions[i], field, violations);
    if (!seen.insert(query.dimensions[i]).second) {
      violations.Add(field, "NAMED_TWICE", absl::StrCat(query.dimensions[i], " is named twice; name it once"));
    }
  }
}

void CheckFilters(const Query& query, base::Violations& violations) {
  for (size_t i = 0; i < query.filters.size(); ++i) {
    const std::string field = absl::StrCat("filters[", i, "]");
    CheckDimension(query, query.filters[i].dimension, absl::StrCat(field, ".dimension"), violations);
    if (query.filters[i].values.empty()) {
      violations.Add(absl::StrCat(field, ".values"), "REQUIRED", "name at least one value (\"\" is what is unknown)");
    }
  }
}

void CheckOrderBy(const Query& query, base::Violations& violations) {
  std::vector<std::string> names = query.dimensions;
  if (query.grain != Grain::kNone) names.insert(names.begin(), "time");
  names.insert(names.end(), query.metrics.begin(), query.metrics.end());
  const std::string& name = query.order_by.name;
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  violations.Add("order_by", "NOT_IN_QUERY",
                 absl::StrCat("\"", name, "\" is not in the query; order by one of ", absl::StrJoin(names, ", ")));
}

}  // namespace

absl::Status Validate(const Query& query) {
  base::Violations violations;
  CheckMetrics(query, violations);
  CheckDimensions(query, violations);
  CheckFilters(query, violations);
  if (query.from && query.to && *query.from >= *query.to) {
    violations.Add("end_time", "EMPTY_RANGE", "the end must be later than the start");
  }
  CheckOrderBy(query, violations);
  return violations.ToStatus();
}

}  // namespace kontor::analytics
