#include "services/recommendations/outcome_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "services/recommendations/outcome_orders.h"

namespace kontor::recommendations {
namespace {

using Answers = OutcomeRows::Answers;
using Wants = OutcomeRows::Wants;

// The one that is known; of two customers come before visitors.
void MergeSubject(const std::string& other, std::string& subject) {
  if (subject.empty() || (!other.empty() && other < subject)) subject = other;
}

absl::Status Lock(postgres::Transaction& transaction, const OutcomeRows& rows) {
  for (const auto& [shop, newest] : rows.newest) {
    postgres::Params params;
    params.Text(absl::StrCat("recommendations.outcomes/", shop));
    RETURN_IF_ERROR(transaction.Exec("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", params).status());
  }
  return absl::OkStatus();
}

absl::Status WriteShown(postgres::Transaction& transaction, const OutcomeRows& rows) {
  std::vector<std::string> shops, subjects;
  std::vector<int64_t> answers, placements, tiers, versions, strategies, contexts;
  std::vector<double> propensities, expected;
  std::vector<absl::Time> answered, shown;
  for (const auto& [key, one] : rows.shown) {
    shops.push_back(key.first);
    answers.push_back(key.second);
    placements.push_back(one.token.placement);
    tiers.push_back(one.token.tier);
    versions.push_back(one.token.model_version);
    strategies.push_back(one.token.strategy);
    contexts.push_back(one.token.context);
    propensities.push_back(one.token.propensity);
    expected.push_back(one.token.expected);
    answered.push_back(one.token.answered_at);
    shown.push_back(one.at);
    subjects.push_back(one.subject);
  }
  postgres::Params params;
  params.TextArray(shops).Int64Array(answers).Int64Array(placements).Int64Array(tiers).Int64Array(versions);
  params.Int64Array(strategies).Int64Array(contexts).DoubleArray(propensities).DoubleArray(expected);
  params.TimeArray(answered).TimeArray(shown).TextArray(subjects);
  return transaction
      .Exec(
          "INSERT INTO recommendations.outcomes AS o SELECT shop, answer_id, placement, tier, version, strategy, "
          "context, propensity, expected, answered_at, shown_at, subject, 0, 0, 0, 0 FROM unnest($1::text[], "
          "$2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::float8[], $9::float8[], "
          "$10::timestamptz[], $11::timestamptz[], $12::text[]) AS seen (shop, answer_id, placement, tier, version, "
          "strategy, context, propensity, expected, answered_at, shown_at, subject) "
          "ON CONFLICT (shop, answer_id) DO UPDATE SET (shown_at, subject) = (least(o.shown_at, excluded.shown_at), "
          "CASE WHEN o.subject = '' THEN excluded.subject WHEN excluded.subject = '' THEN o.subject "
          "ELSE least(o.subject COLLATE \"C\", excluded.subject COLLATE \"C\") END)",
          params)
      .status();
}

absl::Status WritePlaces(postgres::Transaction& transaction, const OutcomeRows& rows) {
  std::vector<std::string> shops, products;
  std::vector<int64_t> answers, places, leads;
  for (const auto& [key, one] : rows.shown) {
    for (const auto& [place, product] : one.places) {
      const auto index = static_cast<size_t>(place) - 1;
      shops.push_back(key.first);
      answers.push_back(key.second);
      places.push_back(place);
      products.push_back(product);
      leads.push_back(index < one.token.leads.size() ? LeadOf(one.token.leads[index]) : 0);
    }
  }
  postgres::Params params;
  params.TextArray(shops).Int64Array(answers).Int64Array(places).TextArray(products).Int64Array(leads);
  return transaction
      .Exec(
          "INSERT INTO recommendations.outcome_places AS p SELECT shop, answer_id, place, product, lead, false, false, "
          "false FROM unnest($1::text[], $2::int8[], $3::int8[], $4::text[], $5::int8[]) "
          "AS seen (shop, answer_id, place, product, lead) ON CONFLICT (shop, answer_id, place) DO UPDATE "
          "SET product = excluded.product WHERE excluded.product COLLATE \"C\" < p.product COLLATE \"C\"",
          params)
      .status();
}

absl::Status WriteTouches(postgres::Transaction& transaction, const OutcomeRows& rows) {
  std::vector<std::string> shops, subjects, products;
  std::vector<int64_t> answers;
  std::vector<absl::Time> times;
  std::vector<bool> carted;
  for (const auto& [shop, subject, product, answer, at, cart] : rows.touches) {
    shops.push_back(shop);
    subjects.push_back(subject);
    products.push_back(product);
    answers.push_back(answer);
    times.push_back(at);
    carted.push_back(cart);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(subjects).TextArray(products).Int64Array(answers).TimeArray(times);
  params.BoolArray(carted);
  return transaction
      .Exec(
          "INSERT INTO recommendations.outcome_touches SELECT * FROM unnest($1::text[], $2::text[], $3::text[], "
          "$4::int8[], $5::timestamptz[], $6::bool[]) ON CONFLICT DO NOTHING",
          params)
      .status();
}

// Answers that somebody touched of whom and of what an order may be.
absl::Status AddTouched(postgres::Transaction& transaction, const Wants& wants, Answers& answers) {
  if (wants.empty()) return absl::OkStatus();
  std::vector<std::string> shops, subjects, products;
  for (const auto& [shop, subject, product] : wants) {
    shops.push_back(shop);
    subjects.push_back(subject);
    products.push_back(product);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(subjects).TextArray(products);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec("SELECT DISTINCT shop, answer_id FROM recommendations.outcome_touches "
                                    "JOIN unnest($1::text[], $2::text[], $3::text[]) AS w (shop, subject, product) "
                                    "USING (shop, subject, product)",
                                    params));
  for (int r = 0; r < rows.rows(); ++r) answers.emplace(std::string(rows.Text(r, 0)), rows.Int64(r, 1));
  return absl::OkStatus();
}

// A place was bought when an order names its answer, or when an order that names none is of somebody who touched it
// here last, at most 7 days before. The steps are materialised, or a plan may work out the flags of every answer there
// is; the time of orders is compared by a difference, as their index by person is the one to be used.
constexpr char kUpdatePlaces[] = R"(
WITH asked AS MATERIALIZED (
  SELECT a.shop, a.answer_id FROM unnest($1::text[], $2::int8[]) AS a (shop, answer_id)),
places AS MATERIALIZED (
  SELECT s.* FROM asked JOIN recommendations.outcome_places AS s USING (shop, answer_id)),
touched AS MATERIALIZED (
  SELECT t.* FROM asked JOIN recommendations.outcome_touches AS t USING (shop, answer_id)),
bought AS MATERIALIZED (
  SELECT o.shop, o.answer_id, p.product
  FROM asked JOIN recommendations.outcome_orders AS o USING (shop, answer_id), unnest(o.products) AS p (product)
  WHERE NOT o.cancelled
  UNION
  SELECT t.shop, t.answer_id, t.product
  FROM touched AS t, LATERAL (
    SELECT o.subject, o.visitor, o.ordered_at FROM recommendations.outcome_orders AS o
    WHERE o.shop = t.shop AND o.subject = t.subject AND o.subject <> '' AND o.answer_id IS NULL AND NOT o.cancelled
      AND o.ordered_at - t.touched_at BETWEEN interval '0' AND interval '7 days' AND t.product = ANY (o.products)
    UNION ALL
    SELECT o.subject, o.visitor, o.ordered_at FROM recommendations.outcome_orders AS o
    WHERE o.shop = t.shop AND o.visitor = t.subject AND o.visitor <> '' AND o.visitor <> o.subject
      AND o.answer_id IS NULL AND NOT o.cancelled
      AND o.ordered_at - t.touched_at BETWEEN interval '0' AND interval '7 days' AND t.product = ANY (o.products)
  ) AS b
  WHERE t.subject <> '' AND t.answer_id = (
    SELECT l.answer_id FROM recommendations.outcome_touches AS l
    WHERE l.shop = t.shop AND l.subject IN (b.subject, b.visitor) AND l.subject <> '' AND l.product = t.product
      AND l.touched_at <= b.ordered_at
    ORDER BY l.touched_at DESC, l.answer_id DESC LIMIT 1)),
flags AS MATERIALIZED (
  SELECT s.shop, s.answer_id, s.place, coalesce(t.clicked, false) AS clicked, coalesce(t.carted, false) AS carted,
    b.product IS NOT NULL AS bought
  FROM places AS s
  LEFT JOIN (SELECT shop, answer_id, product, bool_or(NOT carted) AS clicked, bool_or(carted) AS carted
             FROM touched GROUP BY shop, answer_id, product) AS t USING (shop, answer_id, product)
  LEFT JOIN bought AS b USING (shop, answer_id, product)
  WHERE (s.clicked, s.carted, s.bought)
    IS DISTINCT FROM (coalesce(t.clicked, false), coalesce(t.carted, false), b.product IS NOT NULL))
UPDATE recommendations.outcome_places AS p SET (clicked, carted, bought) = (f.clicked, f.carted, f.bought)
FROM flags AS f WHERE p.shop = f.shop AND p.answer_id = f.answer_id AND p.place = f.place)";

constexpr char kUpdateAnswers[] = R"(
UPDATE recommendations.outcomes AS o
SET (places, clicks, carts, purchases) = (c.places, c.clicks, c.carts, c.purchases)
FROM (
  SELECT shop, answer_id, count(*) AS places, count(*) FILTER (WHERE clicked) AS clicks,
    count(*) FILTER (WHERE carted) AS carts, count(*) FILTER (WHERE bought) AS purchases
  FROM recommendations.outcome_places JOIN unnest($1::text[], $2::int8[]) AS a (shop, answer_id)
    USING (shop, answer_id)
  GROUP BY shop, answer_id) AS c
WHERE o.shop = c.shop AND o.answer_id = c.answer_id
  AND (o.places, o.clicks, o.carts, o.purchases) IS DISTINCT FROM (c.places, c.clicks, c.carts, c.purchases))";

absl::Status UpdateOutcomes(postgres::Transaction& transaction, const Answers& answers) {
  std::vector<std::string> shops;
  std::vector<int64_t> ids;
  for (const auto& [shop, id] : answers) {
    shops.push_back(shop);
    ids.push_back(id);
  }
  postgres::Params params;
  params.TextArray(shops).Int64Array(ids);
  RETURN_IF_ERROR(transaction.Exec(kUpdatePlaces, params).status());
  return transaction.Exec(kUpdateAnswers, params).status();
}

}  // namespace

void OutcomeRows::Add(const DecodedRecord& record) {
  const absl::StatusOr<AttributionToken> token = ParseAttributionToken(record.attribution_token);
  const int64_t answer = token.ok() ? static_cast<int64_t>(token->answer_id) : 0;
  if (const auto* list = std::get_if<ShownProducts>(&record.content); list != nullptr && token.ok()) {
    const auto [at, added] = shown.try_emplace({record.shop, answer}, Shown{*token, record.occurred_at, "", {}});
    Shown& one = at->second;
    one.at = std::min(one.at, record.occurred_at);
    MergeSubject(record.subject, one.subject);
    for (size_t i = 0; i < list->products.size(); ++i) {
      const int64_t place = list->first_place + static_cast<int64_t>(i);
      if (place > static_cast<int64_t>(kMostLeads)) break;
      const auto [there, is_new] = one.places.try_emplace(static_cast<int>(place), list->products[i]);
      there->second = std::min(there->second, list->products[i]);
    }
  } else if (const auto* step = std::get_if<SessionStep>(&record.content); step != nullptr && token.ok()) {
    const bool carted = step->kind == SessionStep::Kind::kCarted;
    if (!carted && !step->clicked) return;
    touches.emplace(record.shop, record.subject, step->product, answer, record.occurred_at, carted);
  } else if (const auto* snapshot = std::get_if<OrderSnapshot>(&record.content)) {
    if (record.imported && !token.ok()) return;
    Order order;
    order.revision = snapshot->revision;
    order.fingerprint = static_cast<int64_t>(
        base::StableHash(absl::StrCat(snapshot->fingerprint, "\n", record.visitor, "\n", record.attribution_token)));
    order.subject = record.subject;
    order.visitor = record.visitor;
    order.at = record.occurred_at;
    order.products = snapshot->products;
    if (token.ok()) {
      order.answer = answer;
    } else if (!record.attribution_token.empty()) {
      order.products.clear();  // somebody else's answer led to it
    }
    orders[{record.shop, snapshot->order_id}].Merge(order);
  } else if (const auto* cancelled = std::get_if<OrderVoid>(&record.content)) {
    Order order;
    order.at = record.occurred_at;
    order.cancelled = true;
    const auto [there, is_new] = orders.try_emplace({record.shop, cancelled->order_id}, order);
    if (!is_new) there->second.Merge(order);
  } else {
    return;
  }
  absl::Time& last = newest.try_emplace(record.shop, record.occurred_at).first->second;
  last = std::max(last, record.occurred_at);
}

absl::Status WriteOutcomes(postgres::Transaction& transaction, const OutcomeRows& rows) {
  RETURN_IF_ERROR(Lock(transaction, rows));
  Answers answers;
  Wants wants;
  if (!rows.shown.empty()) {
    RETURN_IF_ERROR(WriteShown(transaction, rows));
    RETURN_IF_ERROR(WritePlaces(transaction, rows));
    for (const auto& [key, one] : rows.shown) answers.insert(key);
  }
  if (!rows.touches.empty()) {
    RETURN_IF_ERROR(WriteTouches(transaction, rows));
    for (const auto& [shop, subject, product, answer, at, carted] : rows.touches) {
      answers.emplace(shop, answer);
      if (!subject.empty()) wants.emplace(shop, subject, product);
    }
  }
  RETURN_IF_ERROR(WriteOutcomeOrders(transaction, rows, answers, wants));
  RETURN_IF_ERROR(AddTouched(transaction, wants, answers));
  return answers.empty() ? absl::OkStatus() : UpdateOutcomes(transaction, answers);
}

}  // namespace kontor::recommendations
