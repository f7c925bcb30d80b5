#include "services/recommendations/outcome_orders.h"

#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

using Answers = OutcomeRows::Answers;
using Wants = OutcomeRows::Wants;
using People = std::set<std::pair<std::string, std::string>>;  // shop, subject
using Orders = std::map<OutcomeRows::OrderKey, OutcomeRows::Order>;

constexpr char kSeparator[] = "\x1f";

absl::StatusOr<Orders> LoadOrders(postgres::Transaction& transaction, const Orders& named) {
  std::vector<std::string> shops, ids;
  for (const auto& [key, order] : named) {
    shops.push_back(key.first);
    ids.push_back(key.second);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(ids);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      transaction.Exec("SELECT shop, order_id, revision, fingerprint, subject, visitor, ordered_at, answer_id, "
                       "array_to_string(products, E'\\x1f'), cancelled FROM recommendations.outcome_orders "
                       "JOIN unnest($1::text[], $2::text[]) AS asked (shop, order_id) USING (shop, order_id)",
                       params));
  Orders stored;
  for (int r = 0; r < rows.rows(); ++r) {
    OutcomeRows::Order& order = stored[{std::string(rows.Text(r, 0)), std::string(rows.Text(r, 1))}];
    order.revision = rows.Int64(r, 2);
    order.fingerprint = rows.Int64(r, 3);
    order.subject = std::string(rows.Text(r, 4));
    order.visitor = std::string(rows.Text(r, 5));
    order.at = rows.Time(r, 6);
    if (!rows.IsNull(r, 7)) order.answer = rows.Int64(r, 7);
    order.products = absl::StrSplit(rows.Text(r, 8), kSeparator, absl::SkipEmpty());
    order.cancelled = rows.Bool(r, 9);
  }
  return stored;
}

absl::Status SaveOrders(postgres::Transaction& transaction, const Orders& orders) {
  std::vector<std::string> shops, ids, subjects, visitors, products;
  std::vector<int64_t> revisions, fingerprints;
  std::vector<absl::Time> times;
  std::vector<std::optional<int64_t>> answers;
  std::vector<bool> cancelled;
  for (const auto& [key, order] : orders) {
    shops.push_back(key.first);
    ids.push_back(key.second);
    revisions.push_back(order.revision);
    fingerprints.push_back(order.fingerprint);
    subjects.push_back(order.subject);
    visitors.push_back(order.visitor);
    times.push_back(order.at);
    answers.push_back(order.answer);
    products.push_back(absl::StrJoin(order.products, kSeparator));
    cancelled.push_back(order.cancelled);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TextArray(ids).Int64Array(revisions).Int64Array(fingerprints).TextArray(subjects);
  params.TextArray(visitors).TimeArray(times).OptionalInt64Array(answers).TextArray(products).BoolArray(cancelled);
  return transaction
      .Exec(
          "INSERT INTO recommendations.outcome_orders SELECT shop, order_id, revision, fingerprint, subject, visitor, "
          "ordered_at, answer_id, string_to_array(products, E'\\x1f'), cancelled FROM unnest($1::text[], $2::text[], "
          "$3::int8[], $4::int8[], $5::text[], $6::text[], $7::timestamptz[], $8::int8[], $9::text[], $10::bool[]) "
          "AS o (shop, order_id, revision, fingerprint, subject, visitor, ordered_at, answer_id, products, cancelled) "
          "ON CONFLICT (shop, order_id) DO UPDATE SET (revision, fingerprint, subject, visitor, ordered_at, answer_id, "
          "products, cancelled) = (excluded.revision, excluded.fingerprint, excluded.subject, excluded.visitor, "
          "excluded.ordered_at, excluded.answer_id, excluded.products, excluded.cancelled)",
          params)
      .status();
}

// What an order, as it was or is, may decide.
void Touched(const std::string& shop, const OutcomeRows::Order& order, Answers& answers, Wants& wants) {
  if (order.answer) {
    answers.emplace(shop, *order.answer);
    return;
  }
  for (const std::string& subject : {order.subject, order.visitor}) {
    if (subject.empty()) continue;
    for (const std::string& product : order.products) wants.emplace(shop, subject, product);
  }
}

// Of those who may have bought without naming an answer, the ones who ever touched something on one.
absl::StatusOr<People> WhoTouched(postgres::Transaction& transaction, const Orders& orders) {
  People asked;
  for (const auto& [key, order] : orders) {
    if (order.answer) continue;
    for (const std::string& subject : {order.subject, order.visitor}) {
      if (!subject.empty()) asked.emplace(key.first, subject);
    }
  }
  People touched;
  if (asked.empty()) return touched;
  std::vector<std::string> shops, subjects;
  for (const auto& [shop, subject] : asked) {
    shops.push_back(shop);
    subjects.push_back(subject);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(subjects);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec("SELECT shop, subject FROM unnest($1::text[], $2::text[]) AS a (shop, subject) "
                                    "WHERE EXISTS (SELECT FROM recommendations.outcome_touches AS t "
                                    "WHERE t.shop = a.shop AND t.subject = a.subject)",
                                    params));
  for (int r = 0; r < rows.rows(); ++r) touched.emplace(std::string(rows.Text(r, 0)), std::string(rows.Text(r, 1)));
  return touched;
}

}  // namespace

bool OutcomeRows::Order::Merge(const Order& other) {
  const bool newer = std::pair(other.revision, other.fingerprint) > std::pair(revision, fingerprint);
  const bool newly_cancelled = other.cancelled && !cancelled;
  const bool was_cancelled = cancelled;
  if (newer) *this = other;
  cancelled = was_cancelled || other.cancelled;
  return newer || newly_cancelled;
}

absl::Status DropUntouched(postgres::Transaction& transaction, OutcomeRows& rows) {
  Orders open;  // that name no answer
  for (const auto& [key, order] : rows.orders) {
    if (!order.answer && !order.cancelled) open.emplace(key, order);
  }
  if (open.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(People touched, WhoTouched(transaction, open));
  for (const auto& [shop, subject, product, answer, at, carted] : rows.touches) touched.emplace(shop, subject);
  ASSIGN_OR_RETURN(const Orders stored, LoadOrders(transaction, open));
  for (const auto& [key, order] : open) {
    const auto has_touched = [&](const std::string& subject) {
      return !subject.empty() && touched.contains({key.first, subject});
    };
    if (!has_touched(order.subject) && !has_touched(order.visitor) && !stored.contains(key)) rows.orders.erase(key);
  }
  return absl::OkStatus();
}

absl::Status WriteOutcomeOrders(postgres::Transaction& transaction, const OutcomeRows& rows, Answers& answers,
                                Wants& wants) {
  if (rows.orders.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Orders stored, LoadOrders(transaction, rows.orders));
  Orders changed;
  for (const auto& [key, order] : rows.orders) {
    const auto found = stored.find(key);
    if (found == stored.end()) {
      Touched(key.first, changed[key] = order, answers, wants);
      continue;
    }
    const OutcomeRows::Order before = found->second;
    if (!found->second.Merge(order)) continue;
    Touched(key.first, before, answers, wants);
    Touched(key.first, changed[key] = found->second, answers, wants);
  }
  return SaveOrders(transaction, changed);
}

}  // namespace kontor::recommendations
