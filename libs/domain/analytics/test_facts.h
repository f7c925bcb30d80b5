#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "libs/domain/analytics/fact_table.h"

// Short facts and questions for tests.
namespace kontor::analytics {

inline absl::Time At(int month, int day, int hour = 12) {
  return absl::FromCivil(absl::CivilHour(2011, month, day, hour), absl::UTCTimeZone());
}

inline base::Decimal Units(int64_t units) { return {units * base::Decimal::kOne}; }

inline LineFact LineOf(std::string product, int64_t amount, int64_t quantity = 1) {
  return {std::move(product), Units(quantity), true, Units(amount)};
}

inline DocumentFact Document(DocumentKind kind, std::string id, absl::Time time, std::vector<LineFact> lines) {
  DocumentFact fact{kind, std::move(id), 0, 1};
  fact.occurred_at = fact.received_at = time;
  fact.currency = "GBP";
  fact.lines = std::move(lines);
  return fact;
}

inline DocumentFact Order(std::string id, absl::Time time, std::vector<LineFact> lines) {
  return Document(DocumentKind::kOrder, std::move(id), time, std::move(lines));
}

inline DocumentFact Return(std::string id, std::string order, absl::Time time, std::vector<LineFact> lines) {
  DocumentFact fact = Document(DocumentKind::kReturn, std::move(id), time, std::move(lines));
  fact.order_id = std::move(order);
  return fact;
}

inline BehaviorFact Event(std::string id, BehaviorType type, std::string session,
                          std::vector<std::string> products = {}) {
  BehaviorFact fact{"web", std::move(id), type, At(3, 1), At(3, 1)};
  fact.session = std::move(session);
  fact.products = std::move(products);
  return fact;
}

inline Query Ask(std::vector<std::string> metrics, std::vector<std::string> dimensions = {}) {
  return {std::move(metrics), std::move(dimensions)};
}

// A line per row: "2011-03-01|a: 1.5 2 null", money and pieces as decimals.
inline std::vector<std::string> Print(const absl::StatusOr<QueryResult>& result) {
  if (!result.ok()) return {result.status().ToString()};
  const auto print = [](const MetricColumn& column, const Value& value) -> std::string {
    if (value.is_null) return " null";
    if (column.unit == Unit::kRatio) return " " + std::to_string(value.ratio);
    return " " + base::FormatDecimal(column.unit == Unit::kCount ? value.exact * base::Decimal::kOne : value.exact);
  };
  std::vector<std::string> out;
  for (size_t row = 0; row < result->rows; ++row) {
    std::string text;
    for (size_t k = 0; k < result->keys.size(); ++k) text += (k == 0 ? "" : "|") + result->keys[k].At(row);
    text += ":";
    for (const MetricColumn& metric : result->metrics) text += print(metric, metric.At(row));
    out.push_back(text);
  }
  std::string totals = "total:";
  for (const MetricColumn& metric : result->metrics) totals += print(metric, metric.total);
  out.push_back(totals);
  return out;
}

}  // namespace kontor::analytics
