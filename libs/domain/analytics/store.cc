#include "libs/domain/analytics/store.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/hash.h"

namespace kontor::analytics {
namespace {

constexpr int64_t kEarliestUs = 631152000000000;  // 1990-01-01T00:00:00Z
constexpr int64_t kLatestUs = 7258118400000000;   // 2200-01-01T00:00:00Z
constexpr size_t kLinesWorthCompacting = 4096;

int64_t Microseconds(absl::Time time) { return std::clamp(absl::ToUnixMicros(time), kEarliestUs, kLatestUs); }

int32_t LocalHour(int64_t time_us, absl::TimeZone zone) {
  const absl::CivilSecond second = zone.At(absl::FromUnixMicros(time_us)).cs;
  return static_cast<int32_t>(absl::CivilHour(second) - absl::CivilHour());
}

template <typename F>
bool IsLate(const F& fact) {
  return !fact.imported && fact.received_at - fact.occurred_at > absl::Hours(1);
}

// A length in front keeps ("a", "b:c") and ("a:b", "c") apart.
absl::uint128 IdHash(std::initializer_list<absl::string_view> parts) {
  std::string text;
  for (const absl::string_view part : parts) absl::StrAppend(&text, part.size(), ":", part);
  const std::string hash = base::Sha256(text);
  absl::uint128 out = 0;
  for (int i = 0; i < 16; ++i) out = out << 8 | static_cast<uint8_t>(hash[i]);
  return out;
}

// Grows by a quarter rather than by doubling: lines are most of the memory.
template <typename T>
void ReserveMore(std::vector<T>& column, size_t more) {
  const size_t needed = column.size() + more;
  if (needed > column.capacity()) column.reserve(std::max(needed, column.size() + column.size() / 4));
}

absl::string_view KindName(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::kOrder:
      return "order";
    case DocumentKind::kReturn:
      return "return";
    case DocumentKind::kAdjustment:
      return "adjustment";
    case DocumentKind::kStockCorrection:
      return "stock_correction";
  }
  return "";
}

// Applied, or why not, for a revision against the one that is known.
Outcome Judge(int64_t revision, uint64_t fingerprint, int64_t known, uint64_t known_fingerprint) {
  if (revision > known) return Outcome::kApplied;
  if (revision < known) return Outcome::kStale;
  return fingerprint == known_fingerprint ? Outcome::kDuplicate : Outcome::kConflict;
}

}  // namespace

Store::Store(absl::TimeZone zone) : time_zone(zone) {}

void Store::SetTime(Rows& rows, size_t row, absl::Time time) {
  rows.occurred_us[row] = Microseconds(time);
  rows.hour[row] = LocalHour(rows.occurred_us[row], time_zone);
}

uint32_t Store::DocumentRow(DocumentKind kind, absl::string_view id) {
  Documents& d = documents;
  const uint32_t row = d.keys.Intern(absl::StrCat(static_cast<int>(kind), id)) - 1;
  if (row < d.rows.size()) return row;
  for (const Column column : {Column::kCountry, Column::kChannel, Column::kStore, Column::kCurrency, Column::kCustomer,
                              Column::kDevice, Column::kDocumentKind, Column::kSource, Column::kSession}) {
    d.rows[column].push_back(0);
  }
  d.rows.occurred_us.push_back(0);
  d.rows.hour.push_back(kNoHour);
  d.kind.push_back(kind);
  d.revision.push_back(kUnknown);
  d.cancelled_us.push_back(kNever);
  d.fingerprint.push_back(0);
  d.order.push_back(row);
  d.first_line.push_back(0);
  d.line_count.push_back(0);
  d.late.push_back(0);
  return row;
}

Outcome Store::Apply(const DocumentFact& fact) {
  const uint32_t row = DocumentRow(fact.kind, fact.id);
  Documents& d = documents;
  const Outcome outcome = Judge(fact.revision, fact.fingerprint, d.revision[row], d.fingerprint[row]);
  if (outcome == Outcome::kConflict) return outcome;
  newest_us = std::max(newest_us, Microseconds(fact.occurred_at));
  if (outcome == Outcome::kApplied) {
    ReplaceDocument(row, fact);
    ++version;
  } else if (outcome == Outcome::kDuplicate && d.late[row] != 0 && !IsLate(fact)) {
    d.late[row] = 0;
    ++version;
  }
  return outcome;
}

void Store::ReplaceDocument(uint32_t row, const DocumentFact& fact) {
  Documents& d = documents;
  const std::pair<Column, absl::string_view> values[] = {
      {Column::kCountry, fact.country},   {Column::kChannel, fact.channel},
      {Column::kStore, fact.store},       {Column::kCurrency, fact.currency},
      {Column::kDevice, fact.device},     {Column::kDocumentKind, KindName(fact.kind)},
      {Column::kCustomer, fact.customer}, {Column::kSource, fact.source},
      {Column::kSession, fact.session}};
  for (const auto& [column, value] : values) d.rows[column][row] = Of(column).Intern(value);
  SetTime(d.rows, row, fact.occurred_at);
  d.revision[row] = fact.revision;
  d.fingerprint[row] = fact.fingerprint;
  d.late[row] = IsLate(fact) ? 1 : 0;
  d.dead_lines += d.line_count[row];
  d.first_line[row] = static_cast<uint32_t>(d.lines.size());
  d.line_count[row] = static_cast<uint32_t>(fact.lines.size());
  AppendLines(fact.lines);
  const bool of_an_order = fact.kind == DocumentKind::kReturn && !fact.order_id.empty();
  const uint32_t order = of_an_order ? DocumentRow(DocumentKind::kOrder, fact.order_id) : row;
  d.order[row] = order;
  if (d.lines.size() > kLinesWorthCompacting && d.dead_lines > d.lines.size() / 4) CompactLines();
}

void Store::AppendLines(const std::vector<LineFact>& facts) {
  Lines& l = documents.lines;
  for (auto* column : {&l.amount, &l.quantity, &l.discount, &l.tax, &l.cost}) ReserveMore(*column, facts.size());
  ReserveMore(l.product, facts.size());
  ReserveMore(l.flags, facts.size());
  for (const LineFact& fact : facts) {
    l.amount.push_back(fact.amount.nanos);
    l.quantity.push_back(fact.quantity.nanos);
    l.discount.push_back(fact.discount.nanos);
    l.tax.push_back(fact.tax.nanos);
    l.cost.push_back(fact.cost ? fact.cost->nanos : 0);
    l.product.push_back(Of(Column::kProduct).Intern(fact.product));
    l.flags.push_back((fact.pieces ? Lines::kPieces : 0) | (fact.cost ? Lines::kCostKnown : 0));
  }
}

void Store::CompactLines() {
  Documents& d = documents;
  const auto compact = [&](auto& column) {
    auto packed = std::remove_reference_t<decltype(column)>();
    packed.reserve(column.size() - d.dead_lines);
    for (size_t row = 0; row < d.rows.size(); ++row) {
      const auto begin = column.begin() + d.first_line[row];
      packed.insert(packed.end(), begin, begin + d.line_count[row]);
    }
    column = std::move(packed);
  };
  for (auto* column : {&d.lines.amount, &d.lines.quantity, &d.lines.discount, &d.lines.tax, &d.lines.cost}) {
    compact(*column);
  }
  compact(d.lines.product);
  compact(d.lines.flags);
  uint32_t first = 0;
  for (size_t row = 0; row < d.rows.size(); ++row) {
    d.first_line[row] = first;
    first += d.line_count[row];
  }
  d.dead_lines = 0;
}

Outcome Store::Apply(const CancellationFact& fact) {
  const int64_t time_us = Microseconds(fact.occurred_at);
  newest_us = std::max(newest_us, time_us);
  int64_t& cancelled_us = documents.cancelled_us[DocumentRow(DocumentKind::kOrder, fact.order_id)];
  if (cancelled_us <= time_us) return Outcome::kDuplicate;
  cancelled_us = time_us;
  ++version;
  return Outcome::kApplied;
}

Outcome Store::Apply(const BehaviorFact& fact) {
  const auto [known, added] =
      behavior.first_row.emplace(IdHash({fact.source, fact.event_id}), static_cast<uint32_t>(behavior.rows.size()));
  if (!added) {
    uint8_t& late = behavior.late[known->second];
    if (late != 0 && !IsLate(fact)) {
      late = 0;
      ++version;
    }
    return Outcome::kDuplicate;
  }
  newest_us = std::max(newest_us, Microseconds(fact.occurred_at));
  const std::pair<Column, absl::string_view> values[] = {
      {Column::kCountry, fact.country}, {Column::kChannel, fact.channel}, {Column::kCustomer, fact.customer},
      {Column::kDevice, fact.device},   {Column::kSource, fact.source},   {Column::kSession, fact.session},
      {Column::kVisitor, fact.visitor}};
  const size_t products = fact.products.size();
  const size_t count = fact.type == BehaviorType::kImpression ? std::max<size_t>(products, 1) : 1;
  for (size_t i = 0; i < count; ++i) {
    for (const auto& [column, value] : values) behavior.rows[column].push_back(Of(column).Intern(value));
    behavior.rows[Column::kProduct].push_back(Of(Column::kProduct).Intern(i < products ? fact.products[i] : ""));
    behavior.rows.occurred_us.push_back(0);
    behavior.rows.hour.push_back(0);
    SetTime(behavior.rows, behavior.rows.size() - 1, fact.occurred_at);
    behavior.type.push_back(fact.type);
    behavior.late.push_back(i == 0 && IsLate(fact) ? 1 : 0);
  }
  ++version;
  return Outcome::kApplied;
}

Outcome Store::Apply(const ProductFact& fact) {
  Products& p = products;
  const uint32_t product = Of(Column::kProduct).Intern(fact.product);
  if (product >= p.revision.size()) {
    p.revision.resize(product + 1, kUnknown);
    p.fingerprint.resize(product + 1);
    for (auto* column : {&p.category, &p.department, &p.brand}) column->resize(product + 1);
  }
  const Outcome outcome = Judge(fact.revision, fact.fingerprint, p.revision[product], p.fingerprint[product]);
  if (outcome != Outcome::kApplied) return outcome;
  p.revision[product] = fact.revision;
  p.fingerprint[product] = fact.fingerprint;
  p.category[product] = Of(Column::kCategory).Intern(absl::StrJoin(fact.category_path, " > "));
  p.department[product] = Of(Column::kDepartment).Intern(fact.category_path.empty() ? "" : fact.category_path[0]);
  p.brand[product] = Of(Column::kBrand).Intern(fact.brand);
  ++version;
  return outcome;
}

Outcome Store::Apply(const RefusalFact& fact) {
  if (!refusals.seen.insert(IdHash({fact.source, fact.event_id, fact.reason})).second) return Outcome::kDuplicate;
  refusals.rows[Column::kSource].push_back(Of(Column::kSource).Intern(fact.source));
  refusals.rows[Column::kReason].push_back(Of(Column::kReason).Intern(fact.reason));
  refusals.rows.occurred_us.push_back(0);
  refusals.rows.hour.push_back(0);
  SetTime(refusals.rows, refusals.rows.size() - 1, fact.received_at);
  refusals.count.push_back(fact.count);
  ++version;
  return Outcome::kApplied;
}

}  // namespace kontor::analytics
