#include "services/recommendations/order_rows.h"

#include <map>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/catalogue/revision_state.h"
#include "libs/platform/postgres/text_list.h"

namespace kontor::recommendations {
namespace {

using Key = std::pair<absl::string_view, absl::string_view>;  // shop, order

struct OrderState : catalogue::RevisionState<OrderSnapshot> {
  std::string stored_subject;
  bool cancelled = false;
  bool newly_cancelled = false;
};

using States = std::map<Key, OrderState>;

const std::string& OrderIdOf(const OrderItem& item) {
  return std::visit([](const auto& content) -> const std::string& { return content.order_id; }, item.content);
}

absl::Status LoadStored(postgres::Transaction& transaction, States& states) {
  std::vector<std::string> shops, orders;
  std::vector<OrderState*> by_place;
  for (auto& [key, state] : states) {
    shops.emplace_back(key.first);
    orders.emplace_back(key.second);
    by_place.push_back(&state);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(orders);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec("SELECT asked.place, p.revision, p.fingerprint, p.subject, p.cancelled "
                                    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (shop, id, place) "
                                    "CROSS JOIN LATERAL (SELECT * FROM recommendations.purchases AS s "
                                    "WHERE s.shop = asked.shop AND s.order_id = asked.id FOR UPDATE) AS p",
                                    params));
  for (int r = 0; r < rows.rows(); ++r) {
    OrderState& state = *by_place[rows.Int64(r, 0) - 1];
    state.revision = rows.Int64(r, 1);
    state.fingerprint = static_cast<uint64_t>(rows.Int64(r, 2));
    state.stored_subject = std::string(rows.Text(r, 3));
    state.cancelled = rows.Bool(r, 4);
  }
  return absl::OkStatus();
}

void ApplyItems(absl::Span<const OrderItem> items, States& states, log::Effects& effects) {
  for (const OrderItem& item : items) {
    OrderState& state = states[{item.shop, OrderIdOf(item)}];
    const auto* snapshot = std::get_if<OrderSnapshot>(&item.content);
    if (snapshot == nullptr) {
      state.newly_cancelled = state.newly_cancelled || !state.cancelled;
      state.cancelled = true;
    } else if (!state.Offer(*snapshot)) {
      effects.DeadLetter(item.offset, catalogue::kReasonRevisionConflict,
                         catalogue::ConflictText("order", snapshot->order_id, snapshot->revision));
    }
  }
}

// Rows with a new content, then rows that are only cancelled; both in order of their keys.
absl::Status UpsertSnapshots(postgres::Transaction& transaction, const States& states) {
  std::vector<std::string> shops, orders, subjects, countries, stores, products;
  std::vector<int64_t> revisions, fingerprints;
  std::vector<absl::Time> times;
  std::vector<bool> cancelled;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    const OrderSnapshot& order = *state.winner;
    shops.emplace_back(key.first);
    orders.emplace_back(key.second);
    revisions.push_back(order.revision);
    fingerprints.push_back(static_cast<int64_t>(order.fingerprint));
    subjects.push_back(order.subject);
    times.push_back(order.occurred_at);
    countries.push_back(order.country);
    stores.push_back(order.store);
    products.push_back(postgres::JoinList(order.products));
    cancelled.push_back(state.cancelled);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TextArray(orders).Int64Array(revisions).Int64Array(fingerprints).TextArray(subjects);
  params.TimeArray(times).TextArray(countries).TextArray(stores).TextArray(products).BoolArray(cancelled);
  return transaction
      .Exec(
          "INSERT INTO recommendations.purchases (shop, order_id, revision, fingerprint, subject, occurred_at, "
          "country, store, products, cancelled) "
          "SELECT shop, id, revision, fingerprint, subject, occurred_at, country, store, "
          "string_to_array(products, E'\\x1f'), cancelled FROM unnest($1::text[], $2::text[], $3::int8[], "
          "$4::int8[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::bool[]) "
          "AS won (shop, id, revision, fingerprint, subject, occurred_at, country, store, products, cancelled) "
          "ON CONFLICT (shop, order_id) DO UPDATE SET (revision, fingerprint, subject, occurred_at, country, store, "
          "products, cancelled) = (excluded.revision, excluded.fingerprint, excluded.subject, excluded.occurred_at, "
          "excluded.country, excluded.store, excluded.products, excluded.cancelled)",
          params)
      .status();
}

absl::Status UpsertCancellations(postgres::Transaction& transaction, const States& states) {
  std::vector<std::string> shops, orders;
  for (const auto& [key, state] : states) {
    if (state.winner != nullptr || !state.newly_cancelled) continue;
    shops.emplace_back(key.first);
    orders.emplace_back(key.second);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TextArray(orders);
  return transaction
      .Exec(
          "INSERT INTO recommendations.purchases (shop, order_id, revision, fingerprint, subject, occurred_at, "
          "country, store, products, cancelled) "
          "SELECT shop, id, -1, 0, '', '-infinity', '', '', '{}', true "
          "FROM unnest($1::text[], $2::text[]) AS void (shop, id) "
          "ON CONFLICT (shop, order_id) DO UPDATE SET cancelled = true",
          params)
      .status();
}

SubjectSet ChangedSubjects(const States& states) {
  SubjectSet changed;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr && !state.newly_cancelled) continue;
    const std::string shop(key.first);
    if (!state.stored_subject.empty()) changed.emplace(shop, state.stored_subject);
    if (state.winner != nullptr && !state.winner->subject.empty()) changed.emplace(shop, state.winner->subject);
  }
  return changed;
}

}  // namespace

absl::StatusOr<SubjectSet> WriteOrders(postgres::Transaction& transaction, absl::Span<const OrderItem> items,
                                       log::Effects& effects) {
  if (items.empty()) return SubjectSet{};
  States states;
  for (const OrderItem& item : items) states.try_emplace({item.shop, OrderIdOf(item)});
  RETURN_IF_ERROR(LoadStored(transaction, states));
  ApplyItems(items, states, effects);
  RETURN_IF_ERROR(UpsertSnapshots(transaction, states));
  RETURN_IF_ERROR(UpsertCancellations(transaction, states));
  return ChangedSubjects(states);
}

}  // namespace kontor::recommendations
