#include "libs/domain/analytics/fact_table.h"

#include <numeric>
#include <variant>

#include "libs/domain/analytics/execute.h"
#include "libs/domain/analytics/store.h"

namespace kontor::analytics {
namespace {

Outcome ApplyTo(Store& store, const Fact& fact) {
  return std::visit([&](const auto& one) { return store.Apply(one); }, fact);
}

absl::Time Newest(const Store& store) {
  return store.newest_us == std::numeric_limits<int64_t>::min() ? absl::InfinitePast()
                                                                : absl::FromUnixMicros(store.newest_us);
}

template <typename T>
int64_t Sum(const std::vector<T>& values) {
  return std::accumulate(values.begin(), values.end(), int64_t{0});
}

}  // namespace

FactTable::FactTable(absl::TimeZone time_zone) : store_(std::make_unique<Store>(time_zone)) {}

FactTable::~FactTable() = default;

Outcome FactTable::Apply(const Fact& fact) {
  const base::WriterLock lock(mutex_);
  return ApplyTo(*store_, fact);
}

std::vector<Outcome> FactTable::ApplyBatch(absl::Span<const Fact> facts) {
  std::vector<Outcome> outcomes;
  outcomes.reserve(facts.size());
  const base::WriterLock lock(mutex_);
  for (const Fact& fact : facts) outcomes.push_back(ApplyTo(*store_, fact));
  return outcomes;
}

absl::StatusOr<QueryResult> FactTable::Run(const Query& query) const {
  const base::ReaderLock lock(mutex_);
  auto result = Execute(*store_, query);
  if (!result.ok()) return result;
  result->as_of = query.as_of.value_or(Newest(*store_));
  result->version = store_->version;
  return result;
}

uint64_t FactTable::version() const {
  const base::ReaderLock lock(mutex_);
  return store_->version;
}

TableStatistics FactTable::Statistics() const {
  const base::ReaderLock lock(mutex_);
  const Documents& documents = store_->documents;
  TableStatistics out;
  for (const int64_t revision : documents.revision) out.documents += revision == kUnknown ? 0 : 1;
  out.dead_lines = static_cast<int64_t>(documents.dead_lines);
  out.lines = static_cast<int64_t>(documents.lines.size()) - out.dead_lines;
  out.behavior_rows = static_cast<int64_t>(store_->behavior.rows.size());
  out.late_events = Sum(documents.late) + Sum(store_->behavior.late);
  out.refused_events = Sum(store_->refusals.count);
  out.newest_occurred_at = Newest(*store_);
  return out;
}

}  // namespace kontor::analytics
