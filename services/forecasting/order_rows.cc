#include <map>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/catalogue/revision_state.h"
#include "services/forecasting/rows.h"

namespace kontor::forecasting {
namespace {

using Key = std::pair<absl::string_view, absl::string_view>;  // shop, order

struct OrderState : catalogue::RevisionState<OrderSnapshot> {
  bool cancelled = false, newly_cancelled = false;

  bool changed() const { return winner != nullptr || newly_cancelled; }
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
                   transaction.Exec("SELECT asked.place, o.revision, o.fingerprint, o.cancelled "
                                    "FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (shop, id, place) "
                                    "CROSS JOIN LATERAL (SELECT * FROM forecasting.orders AS s "
                                    "WHERE s.shop = asked.shop AND s.order_id = asked.id FOR UPDATE) AS o",
                                    params));
  for (int r = 0; r < rows.rows(); ++r) {
    OrderState& state = *by_place[rows.Int64(r, 0) - 1];
    state.revision = rows.Int64(r, 1);
    state.fingerprint = static_cast<uint64_t>(rows.Int64(r, 2));
    state.cancelled = rows.Bool(r, 3);
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

absl::Status UpsertOrders(postgres::Transaction& transaction, const States& states) {
  std::vector<std::string> shops, orders;
  std::vector<int64_t> revisions, fingerprints;
  std::vector<bool> cancelled;
  for (const auto& [key, state] : states) {
    if (!state.changed()) continue;
    shops.emplace_back(key.first);
    orders.emplace_back(key.second);
    revisions.push_back(state.revision);
    fingerprints.push_back(static_cast<int64_t>(state.fingerprint));
    cancelled.push_back(state.cancelled);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TextArray(orders).Int64Array(revisions).Int64Array(fingerprints).BoolArray(cancelled);
  RETURN_IF_ERROR(transaction
                      .Exec("INSERT INTO forecasting.orders (shop, order_id, revision, fingerprint, cancelled) "
                            "SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::bool[]) "
                            "ON CONFLICT (shop, order_id) DO UPDATE SET (revision, fingerprint, cancelled) = "
                            "(excluded.revision, excluded.fingerprint, excluded.cancelled)",
                            params)
                      .status());
  postgres::Params replaced;
  replaced.TextArray(shops).TextArray(orders);
  return transaction
      .Exec(
          "DELETE FROM forecasting.sales AS s USING unnest($1::text[], $2::text[]) AS changed (shop, id) "
          "WHERE s.shop = changed.shop AND s.order_id = changed.id",
          replaced)
      .status();
}

absl::Status CopySales(postgres::Transaction& transaction, const States& states) {
  return transaction.Copy(
      "forecasting.sales",
      {"shop", "order_id", "product", "occurred_at", "store", "country", "currency", "units", "pieces", "amount"},
      [&](postgres::CopyWriter& writer) -> absl::Status {
        for (const auto& [key, state] : states) {
          if (state.winner == nullptr || state.cancelled) continue;
          const OrderSnapshot& order = *state.winner;
          for (const OrderLine& line : order.lines) {
            writer.Text(key.first);
            writer.Text(key.second);
            writer.Text(line.product);
            writer.Time(order.occurred_at);
            writer.Text(order.store);
            writer.Text(order.country);
            writer.Text(order.currency);
            writer.Numeric(line.units.nanos);
            writer.Bool(line.pieces);
            writer.Numeric(line.amount.nanos);
            RETURN_IF_ERROR(writer.EndRow());
          }
        }
        return absl::OkStatus();
      });
}

}  // namespace

absl::Status WriteOrders(postgres::Transaction& transaction, absl::Span<const OrderItem> items, log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  States states;
  for (const OrderItem& item : items) states.try_emplace({item.shop, OrderIdOf(item)});
  RETURN_IF_ERROR(LoadStored(transaction, states));
  ApplyItems(items, states, effects);
  RETURN_IF_ERROR(UpsertOrders(transaction, states));
  return CopySales(transaction, states);
}

}  // namespace kontor::forecasting
