#include "libs/domain/analytics/scan.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "libs/domain/analytics/radix_sort.h"

namespace kontor::analytics {
namespace {

// Measures that are counted once a document or person: their totals are not the sum over groups.
bool IsCountedApart(Measure measure) { return measure >= Measure::kOrders && measure <= Measure::kVisitors; }

// Calls f with a function from a line's index to the line's contribution to `measure`.
template <typename F>
void WithLineValue(const Lines& lines, Measure measure, F&& f) {
  const int64_t *amount = lines.amount.data(), *quantity = lines.quantity.data(), *discount = lines.discount.data();
  const int64_t *tax = lines.tax.data(), *cost = lines.cost.data();
  const uint8_t* flags = lines.flags.data();
  switch (measure) {
    case Measure::kDiscount:
      return f([=](uint32_t line) { return discount[line]; });
    case Measure::kTax:
      return f([=](uint32_t line) { return tax[line]; });
    case Measure::kCost:
      return f([=](uint32_t line) { return cost[line]; });
    case Measure::kCostedAmount:
      return f([=](uint32_t line) { return (flags[line] & Lines::kCostKnown) != 0 ? amount[line] : 0; });
    case Measure::kUnits:
      return f([=](uint32_t line) { return (flags[line] & Lines::kPieces) != 0 ? quantity[line] : 0; });
    case Measure::kPaidLines:
      return f([=](uint32_t line) { return int64_t{amount[line] > 0}; });
    case Measure::kLines:
    case Measure::kReturnLines:
    case Measure::kAdjustmentLines:
    case Measure::kStockLines:
      return f([](uint32_t) { return int64_t{1}; });
    default:
      return f([=](uint32_t line) { return amount[line]; });
  }
}

bool Has(uint32_t bits, DocumentClass document_class) { return (bits >> static_cast<int>(document_class) & 1) != 0; }

}  // namespace

template <typename Key>
Scan<Key>::Scan(const Store& store, const Plan& plan)
    : store_(store),
      plan_(plan),
      width_(plan.measures.size()),
      index_(plan.key_bits),
      totals_(width_),
      currencies_(store.dictionary(Column::kCurrency).size()),
      buyers_(MakeDistinct(Measure::kBuyers, Column::kCustomer)),
      ordering_sessions_(MakeDistinct(Measure::kOrderingSessions, Column::kSession)),
      sessions_(MakeDistinct(Measure::kSessions, Column::kSession)),
      visitors_(MakeDistinct(Measure::kVisitors, Column::kVisitor)),
      line_measures_(kDocumentClasses) {
  MakeTables();
  if (plan.keys.empty()) Group(0);
  appends_ = plan.by_line && !plan.keys.empty() && plan.behavior_types == 0 && !plan.refusals;
  for (const Measure measure : plan.measures) {
    counts_documents_ |=
        DocumentClassesOf(measure) != 0 && (IsCountedApart(measure) || measure == Measure::kLateEvents);
    if (measure > Measure::kStockLines) continue;
    for (int c = 0; c < kDocumentClasses; ++c) {
      if (Has(DocumentClassesOf(measure), static_cast<DocumentClass>(c))) line_measures_[c].push_back(measure);
    }
  }
}

template <typename Key>
void Scan<Key>::MakeTables() {
  const uint32_t products = store_.dictionary(Column::kProduct).size();
  std::vector<Key> product_keys(products, 0);
  product_pass_.assign(products, 1);
  for (const KeyPart& part : plan_.keys) {
    if (!part.view) continue;
    KeyTable table{part.view->column, std::vector<Key>(store_.dictionary(part.view->column).size())};
    for (uint32_t code = 0; code < table.key.size(); ++code) table.key[code] = Key(part.view->Code(code)) << part.shift;
    if (table.column == Column::kProduct) {
      for (uint32_t code = 0; code < products; ++code) product_keys[code] |= table.key[code];
    }
    key_tables_.push_back(std::move(table));
  }
  for (const PassTable& filter : plan_.filters) {
    if (filter.column != Column::kProduct) continue;
    for (uint32_t code = 0; code < products; ++code) product_pass_[code] &= filter.pass[code];
  }
  if (!plan_.by_line) return;
  absl::flat_hash_map<Key, uint32_t> parts;
  for (const Key key : product_keys) {
    const auto [at, added] = parts.emplace(key, static_cast<uint32_t>(part_keys_.size()));
    if (added) part_keys_.push_back(key);
    product_part_.push_back(at->second);
  }
  run_groups_.resize(part_keys_.size());
}

template <typename Key>
std::optional<DistinctCounter> Scan<Key>::MakeDistinct(Measure measure, Column column) const {
  if (!plan_.Needs(measure)) return std::nullopt;
  return DistinctCounter(store_.dictionary(column).size());
}

// Column after column. Columns that these rows lack (products of documents) are left to their lines.
template <typename Key>
typename Scan<Key>::Selection Scan<Key>::Select(const Rows& rows, const std::vector<int64_t>& occurred_us,
                                                const std::vector<int32_t>& hours) const {
  const size_t size = rows.size();
  Selection out{std::vector<uint8_t>(size), std::vector<Key>(size)};
  for (size_t row = 0; row < size; ++row) {
    out.pass[row] = hours[row] != kNoHour && occurred_us[row] >= plan_.from_us && occurred_us[row] < plan_.to_us;
  }
  for (const PassTable& filter : plan_.filters) {
    const std::vector<uint32_t>& codes = rows[filter.column];
    for (size_t row = 0; row < codes.size(); ++row) out.pass[row] &= filter.pass[codes[row]];
  }
  for (const KeyTable& table : key_tables_) {
    const std::vector<uint32_t>& codes = rows[table.column];
    for (size_t row = 0; row < codes.size(); ++row) out.key[row] |= table.key[codes[row]];
  }
  if (plan_.buckets) {
    const int shift = plan_.keys.front().shift;
    for (size_t row = 0; row < size; ++row) {
      if (out.pass[row] != 0) out.key[row] |= Key(plan_.buckets->Code(hours[row])) << shift;
    }
  }
  return out;
}

template <typename Key>
void Scan<Key>::Run() {
  if (plan_.document_classes != 0) ScanDocuments();
  if (plan_.behavior_types != 0) ScanBehavior();
  if (plan_.refusals) ScanRefusals();
  SumDistinct(buyers_, Measure::kBuyers);
  SumDistinct(ordering_sessions_, Measure::kOrderingSessions);
  SumDistinct(sessions_, Measure::kSessions);
  SumDistinct(visitors_, Measure::kVisitors);
  SumTotals();
}

template <typename Key>
void Scan<Key>::SumDistinct(std::optional<DistinctCounter>& distinct, Measure measure) {
  if (!distinct) return;
  distinct->ForEachPair([&](uint32_t group) { Add(group, measure, 1); });
  AddToTotal(measure, distinct->total());
}

template <typename Key>
DocumentClass Scan<Key>::ClassOf(size_t row) const {
  switch (store_.documents.kind[row]) {
    case DocumentKind::kReturn:
      return DocumentClass::kReturn;
    case DocumentKind::kAdjustment:
      return DocumentClass::kAdjustment;
    case DocumentKind::kStockCorrection:
      return DocumentClass::kStockCorrection;
    case DocumentKind::kOrder:
      break;
  }
  return store_.documents.cancelled_us[row] <= plan_.as_of_us ? DocumentClass::kCancelledOrder
                                                              : DocumentClass::kLiveOrder;
}

template <typename Key>
void Scan<Key>::ScanDocuments() {
  const Rows& rows = store_.documents.rows;
  const Selection selection = plan_.sale_times ? Select(rows, plan_.sale_times->occurred_us, plan_.sale_times->hour)
                                               : Select(rows, rows.occurred_us, rows.hour);
  std::vector<std::pair<Key, uint32_t>> by_line;
  for (uint32_t row = 0; row < rows.size(); ++row) {
    if (selection.pass[row] == 0 || rows.occurred_us[row] > plan_.as_of_us) continue;
    if (!Has(plan_.document_classes, ClassOf(row))) continue;
    if (plan_.by_line) {
      by_line.emplace_back(selection.key[row], row);
    } else {
      AddWhole(row, selection.key[row]);
    }
  }
  AddRunsByLine(by_line);
}

template <typename Key>
void Scan<Key>::AddWhole(size_t row, Key key) {
  const Documents& documents = store_.documents;
  const DocumentClass document_class = ClassOf(row);
  const uint32_t group = Group(key);
  const uint32_t begin = documents.first_line[row], end = begin + documents.line_count[row];
  for (const Measure measure : line_measures_[static_cast<int>(document_class)]) {
    WithLineValue(documents.lines, measure, [&](auto value) {
      absl::int128 sum = 0;
      for (uint32_t line = begin; line < end; ++line) sum += value(line);
      Add(group, measure, sum);
    });
  }
  if (counts_documents_) CountDocument(row, document_class, group);
  CountDocumentInTotals(row, document_class);
}

// Documents with the same part of the key side by side share a small table from the lines' parts to groups, so that no
// line needs a look into a large one.
template <typename Key>
void Scan<Key>::AddRunsByLine(std::vector<std::pair<Key, uint32_t>>& documents) {
  RadixSort(documents, plan_.key_bits, [](const auto& document) { return document.first; });
  for (size_t i = 0; i < documents.size(); ++i) {
    if (i > 0 && documents[i].first != documents[i - 1].first) {
      for (const uint32_t part : run_parts_) run_groups_[part] = 0;
      run_parts_.clear();
    }
    PrefetchLines(documents, i);
    AddByLine(documents[i].second, documents[i].first);
  }
}

// Documents in the order of their keys lie all over memory.
template <typename Key>
void Scan<Key>::PrefetchLines(const std::vector<std::pair<Key, uint32_t>>& documents, size_t at) const {
  const Documents& d = store_.documents;
  if (at + 16 >= documents.size()) return;
  const uint32_t later = documents[at + 16].second, next = documents[at + 8].second;
  __builtin_prefetch(&d.first_line[later]);
  __builtin_prefetch(&d.line_count[later]);
  __builtin_prefetch(&d.rows[Column::kCurrency][later]);
  __builtin_prefetch(d.lines.product.data() + d.first_line[next]);
  __builtin_prefetch(d.lines.amount.data() + d.first_line[next]);
}

template <typename Key>
void Scan<Key>::AddByLine(size_t row, Key key) {
  if (!SelectLines(row, key)) return;
  const DocumentClass document_class = ClassOf(row);
  for (const Measure measure : line_measures_[static_cast<int>(document_class)]) {
    WithLineValue(store_.documents.lines, measure, [&](auto value) {
      absl::int128* const slot = sums_.data() + plan_.Slot(measure);
      for (size_t i = 0; i < selected_lines_.size(); ++i) {
        slot[selected_groups_[i] * width_] += value(selected_lines_[i]);
      }
    });
  }
  if (counts_documents_) {
    last_document_.resize(groups().size(), ~uint32_t{0});
    for (const uint32_t group : selected_groups_) {
      if (last_document_[group] == row) continue;
      last_document_[group] = static_cast<uint32_t>(row);
      CountDocument(row, document_class, group);
    }
  }
  CountDocumentInTotals(row, document_class);
}

// False when no line of the document passes.
template <typename Key>
bool Scan<Key>::SelectLines(size_t row, Key key) {
  const std::vector<uint32_t>& products = store_.documents.lines.product;
  const uint32_t begin = store_.documents.first_line[row], end = begin + store_.documents.line_count[row];
  selected_lines_.clear();
  selected_groups_.clear();
  for (uint32_t line = begin; line < end; ++line) {
    if (product_pass_[products[line]] == 0) continue;
    const uint32_t part = product_part_[products[line]];
    if (run_groups_[part] == 0) {
      const Key whole = key | part_keys_[part];
      run_groups_[part] = (appends_ ? WithSums(index_.Append(whole)) : Group(whole)) + 1;
      run_parts_.push_back(part);
    }
    selected_lines_.push_back(line);
    selected_groups_.push_back(run_groups_[part] - 1);
  }
  return !selected_lines_.empty();
}

template <typename Key>
void Scan<Key>::CountDocument(size_t row, DocumentClass document_class, uint32_t group) {
  const Rows& rows = store_.documents.rows;
  if (document_class == DocumentClass::kLiveOrder) {
    Add(group, Measure::kOrders, 1);
    AddDistinct(buyers_, group, rows[Column::kCustomer][row]);
    const uint32_t session = rows[Column::kSession][row];
    AddDistinct(ordering_sessions_, group, session);
    if (session == 0) Add(group, Measure::kOrderingSessions, 1);
  } else if (document_class == DocumentClass::kCancelledOrder) {
    Add(group, Measure::kCancelledOrders, 1);
  }
  Add(group, Measure::kLateEvents, store_.documents.late[row]);
}

template <typename Key>
void Scan<Key>::CountDocumentInTotals(size_t row, DocumentClass document_class) {
  const Rows& rows = store_.documents.rows;
  if (Has(plan_.money_classes, document_class)) currencies_[rows[Column::kCurrency][row]] = 1;
  if (!counts_documents_) return;
  if (document_class == DocumentClass::kLiveOrder) {
    AddToTotal(Measure::kOrders, 1);
    if (rows[Column::kSession][row] == 0) AddToTotal(Measure::kOrderingSessions, 1);
  } else if (document_class == DocumentClass::kCancelledOrder) {
    AddToTotal(Measure::kCancelledOrders, 1);
  }
}

template <typename Key>
void Scan<Key>::ScanBehavior() {
  const Behavior& behavior = store_.behavior;
  const Rows& rows = behavior.rows;
  const Selection selection = Select(rows, rows.occurred_us, rows.hour);
  for (size_t row = 0; row < rows.size(); ++row) {
    const uint32_t type = uint32_t{1} << static_cast<int>(behavior.type[row]);
    if (selection.pass[row] == 0 || (plan_.behavior_types & type) == 0) continue;
    if (rows.occurred_us[row] > plan_.as_of_us) continue;
    const uint32_t group = Group(selection.key[row]);
    if ((BehaviorTypesOf(Measure::kSessions) & type) != 0) {
      AddDistinct(sessions_, group, rows[Column::kSession][row]);
      AddDistinct(visitors_, group, rows[Column::kVisitor][row]);
    }
    for (const Measure measure : plan_.measures) {
      if (measure >= Measure::kProductViews && measure <= Measure::kCartAdds) {
        Add(group, measure, (BehaviorTypesOf(measure) & type) != 0 ? 1 : 0);
      }
    }
    Add(group, Measure::kLateEvents, behavior.late[row]);
  }
}

template <typename Key>
void Scan<Key>::ScanRefusals() {
  const Rows& rows = store_.refusals.rows;
  const Selection selection = Select(rows, rows.occurred_us, rows.hour);
  for (size_t row = 0; row < rows.size(); ++row) {
    if (selection.pass[row] != 0) Add(Group(selection.key[row]), Measure::kRefusedEvents, store_.refusals.count[row]);
  }
}

template <typename Key>
void Scan<Key>::SumTotals() {
  for (size_t slot = 0; slot < width_; ++slot) {
    if (IsCountedApart(plan_.measures[slot])) continue;
    for (size_t at = slot; at < sums_.size(); at += width_) totals_[slot] += sums_[at];
  }
}

template class Scan<uint64_t>;
template class Scan<absl::uint128>;

}  // namespace kontor::analytics
