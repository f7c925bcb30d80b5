#include "libs/domain/analytics/naive_figures.h"

#include "gtest/gtest.h"

namespace kontor::analytics {

NaiveFigures::Answer NaiveFigures::Run(const Query& query) const {
  std::map<Key, Cells> groups;
  Cells totals;
  Answer answer;
  if (query.dimensions.empty() && query.grain == Grain::kNone) groups[{}];
  std::set<std::string> read;
  for (const std::string& metric : query.metrics) {
    for (const std::string& measure : MeasuresOf(metric)) read.insert(measure);
  }
  for (const std::string& measure : read) {
    const auto all = Contributions(query).find(measure);
    if (all == Contributions(query).end()) continue;
    for (const Contribution& c : all->second) {
      if (!Passes(query, c)) continue;
      if (IsMoneyName(measure)) answer.currencies.insert(c.labels.at("currency"));
      for (Cells* cells : {&groups[KeyOf(query, c)], &totals}) {
        (*cells)[measure].sum += c.value;
        if (!c.id.empty()) (*cells)[measure].ids.insert(c.id);
      }
    }
  }
  for (const std::string& metric : query.metrics) {
    for (auto& [key, cells] : groups) answer.rows[key].push_back(Evaluate(metric, cells));
    answer.totals.push_back(Evaluate(metric, totals));
  }
  return answer;
}

Value NaiveFigures::Evaluate(const std::string& metric, Cells& cells) {
  const auto sum = [&](const char* name) { return cells[name].sum + static_cast<int64_t>(cells[name].ids.size()); };
  const auto ratio = [](absl::int128 a, absl::int128 b) {
    return b == 0 ? Value{true} : Value{false, 0, static_cast<double>(a) / static_cast<double>(b)};
  };
  if (metric == "net_revenue") return {false, sum("revenue") - sum("returns") + sum("adjustments")};
  if (metric == "margin") return {false, sum("costed") - sum("cost")};
  if (metric == "margin_rate") return ratio(sum("costed") - sum("cost"), sum("costed"));
  if (metric == "ctr") return ratio(sum("clicks"), sum("impressions"));
  if (metric == "conversion") return ratio(sum("ordering_sessions"), sum("sessions"));
  if (metric == "aov") {
    if (sum("orders") == 0) return {true};
    return {false, (2 * sum("revenue") + sum("orders")) / (2 * sum("orders"))};  // order amounts are not negative
  }
  return {false, sum(metric.c_str())};
}

std::string NaiveFigures::TimeLabel(Grain grain, absl::Time time) const {
  const absl::CivilSecond local = zone_.At(time).cs;
  absl::CivilDay day(local);
  if (grain == Grain::kHour) return absl::FormatTime("%Y-%m-%dT%H", time, zone_);
  if (grain == Grain::kWeek) {
    while (absl::GetWeekday(day) != absl::Weekday::monday) --day;
  } else if (grain == Grain::kMonth) {
    day = absl::CivilDay(day.year(), day.month());
  } else if (grain == Grain::kQuarter) {
    while (day.day() != 1 || day.month() % 3 != 1) --day;
  } else if (grain == Grain::kYear) {
    day = absl::CivilDay(day.year());
  }
  return absl::FormatCivilTime(day);
}

std::vector<std::string> NaiveFigures::MeasuresOf(const std::string& metric) {
  static const std::map<std::string, std::vector<std::string>> formulas = {
      {"net_revenue", {"revenue", "returns", "adjustments"}},
      {"margin", {"costed", "cost"}},
      {"margin_rate", {"costed", "cost"}},
      {"aov", {"revenue", "orders"}},
      {"ctr", {"clicks", "impressions"}},
      {"conversion", {"ordering_sessions", "sessions"}}};
  const auto at = formulas.find(metric);
  return at != formulas.end() ? at->second : std::vector<std::string>{metric};
}

const std::map<std::string, std::vector<NaiveFigures::Contribution>>& NaiveFigures::Contributions(
    const Query& query) const {
  const auto [at, added] = contributions_.try_emplace({query.as_of.value_or(absl::InfiniteFuture()), query.returns_by});
  if (!added) return at->second;
  std::vector<Contribution> all;
  for (const auto& [key, document] : documents_) AddDocument(query, document, all);
  for (const auto& [key, fact] : behavior_) AddBehavior(query, fact, all);
  for (const auto& [key, fact] : refusals_) {
    all.push_back({{{"source", fact.source}, {"reason", fact.reason}}, fact.received_at, "refused_events", fact.count});
  }
  for (const Contribution& one : all) at->second[one.measure].push_back(one);
  return at->second;
}

void NaiveFigures::AddDocument(const Query& query, const DocumentFact& fact, std::vector<Contribution>& out) const {
  const absl::Time as_of = query.as_of.value_or(absl::InfiniteFuture());
  if (fact.occurred_at > as_of) return;
  const char* const kinds[] = {"order", "return", "adjustment", "stock_correction"};
  Contribution base{PersonLabels(fact), fact.occurred_at};
  base.labels["store"] = fact.store;
  base.labels["currency"] = fact.currency;
  base.labels["document_kind"] = kinds[static_cast<int>(fact.kind)];
  if (query.returns_by == ReturnsBy::kSaleDay && fact.kind == DocumentKind::kReturn) {
    const auto order = documents_.find({DocumentKind::kOrder, fact.order_id});
    if (order != documents_.end() && order->second.occurred_at <= as_of) base.time = order->second.occurred_at;
  }
  const auto at = cancelled_.find(fact.id);
  const bool cancelled = fact.kind == DocumentKind::kOrder && at != cancelled_.end() && at->second <= as_of;
  Contribution late = base;
  late.measure = "late_events";
  late.value = IsLate(fact) ? 1 : 0;
  out.push_back(late);
  if (fact.kind == DocumentKind::kOrder && !cancelled) {
    Contribution session = base;
    session.measure = "ordering_sessions";
    session.id = fact.session.empty() ? "order " + fact.id : "session " + fact.session;
    out.push_back(session);
  }
  for (const LineFact& line : fact.lines) AddLine(fact, line, base, cancelled, out);
}

void NaiveFigures::AddLine(const DocumentFact& fact, const LineFact& line, const Contribution& base, bool cancelled,
                           std::vector<Contribution>& out) const {
  const auto add = [&](const char* measure, absl::int128 value, const std::string& id = "") {
    out.push_back(base);
    LabelProduct(line.product, out.back().labels);
    out.back().measure = measure;
    out.back().value = value;
    out.back().id = id;
  };
  const int64_t amount = line.amount.nanos;
  if (fact.kind == DocumentKind::kReturn) {
    add("returns", amount);
    add("return_lines", 1);
  } else if (fact.kind == DocumentKind::kAdjustment) {
    add("adjustments", amount);
    add("adjustment_lines", 1);
  } else if (fact.kind == DocumentKind::kStockCorrection) {
    add("stock_corrections", 1);
  } else if (cancelled) {
    add("gross_revenue", amount);
    add("cancelled_revenue", amount);
    add("cancelled_orders", 0, fact.id);
  } else {
    add("gross_revenue", amount);
    add("revenue", amount);
    add("discount", line.discount.nanos);
    add("tax", line.tax.nanos);
    add("cost", line.cost ? line.cost->nanos : 0);
    add("costed", line.cost ? amount : 0);
    add("units", line.pieces ? line.quantity.nanos : 0);
    add("lines", 1);
    add("paid_lines", amount > 0 ? 1 : 0);
    add("orders", 0, fact.id);
    add("buyers", 0, fact.customer);
  }
}

void NaiveFigures::AddBehavior(const Query& query, const BehaviorFact& fact, std::vector<Contribution>& out) const {
  if (fact.occurred_at > query.as_of.value_or(absl::InfiniteFuture())) return;
  const auto add = [&](const char* measure, int value, const std::string& product, const std::string& id = "") {
    out.push_back({PersonLabels(fact), fact.occurred_at, measure, value, id});
    LabelProduct(product, out.back().labels);
  };
  const std::string product = fact.products.empty() ? "" : fact.products[0];
  add("late_events", IsLate(fact) ? 1 : 0, product);
  if (fact.type != BehaviorType::kCampaignTouch) {
    add("sessions", 0, product, fact.session);
    add("visitors", 0, product, fact.visitor);
  }
  if (fact.type == BehaviorType::kProductView) add("product_views", 1, product);
  if (fact.type == BehaviorType::kClick) add("clicks", 1, product);
  if (fact.type == BehaviorType::kSearch) add("searches", 1, product);
  if (fact.type == BehaviorType::kCartAdd) add("cart_adds", 1, product);
  if (fact.type != BehaviorType::kImpression) return;
  if (fact.products.empty()) add("impressions", 1, "");
  for (const std::string& shown : fact.products) add("impressions", 1, shown);
}

namespace {

// Two orders of 10 and 6 (the second cancelled), a return of 3 and a goodwill adjustment of −1: 10 − 3 − 1 = 6.
TEST(NaiveFigures, FollowsTheDefinitions) {
  const absl::Time day = absl::FromCivil(absl::CivilDay(2011, 3, 1), absl::UTCTimeZone());
  const auto document = [&](DocumentKind kind, std::string id, int64_t units) {
    DocumentFact fact{kind, std::move(id)};
    fact.occurred_at = fact.received_at = day;
    fact.currency = "GBP";
    fact.lines = {LineFact{"a", {base::Decimal::kOne}, true, {units * base::Decimal::kOne}}};
    return fact;
  };
  const NaiveFigures figures(
      {document(DocumentKind::kOrder, "1", 10), document(DocumentKind::kOrder, "2", 6), CancellationFact{"2", day},
       document(DocumentKind::kReturn, "3", 3), document(DocumentKind::kAdjustment, "4", -1)},
      absl::UTCTimeZone());
  Query query;
  query.metrics = {"net_revenue", "gross_revenue", "orders", "aov"};
  query.grain = Grain::kWeek;
  const NaiveFigures::Answer answer = figures.Run(query);
  ASSERT_EQ(answer.rows.size(), 1u);
  EXPECT_EQ(answer.rows.begin()->first, NaiveFigures::Key{"2011-02-28"});  // a Monday
  EXPECT_EQ(answer.totals[0].exact, 6 * base::Decimal::kOne);
  EXPECT_EQ(answer.totals[1].exact, 16 * base::Decimal::kOne);
  EXPECT_EQ(answer.totals[2].exact, 1);
  EXPECT_EQ(answer.totals[3].exact, 10 * base::Decimal::kOne);
}

}  // namespace
}  // namespace kontor::analytics
