#include "services/analytics/document_rows.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/status.h"
#include "services/analytics/fact_writer.h"
#include "services/analytics/revision_state.h"

namespace kontor::analytics {
namespace {

using Key = std::tuple<absl::string_view, int, absl::string_view>;  // shop, kind, id

// Beside the revision, the arrival that makes the document least late: duplicates can improve it.
struct DocumentState : RevisionState<DocumentFact> {
  int64_t document = 0;
  absl::Time received_at;
  bool imported = false;
  bool earlier = false;  // the stored row keeps its revision but gets another arrival

  void Meet(const DocumentFact& fact, Outcome outcome) {
    if (outcome == Outcome::kApplied) {
      received_at = fact.received_at;
      imported = fact.imported;
    } else if (outcome == Outcome::kDuplicate && (fact.received_at < received_at || (fact.imported && !imported))) {
      received_at = std::min(received_at, fact.received_at);
      imported = imported || fact.imported;
      earlier = true;
    }
  }
};

using States = std::map<Key, DocumentState>;

Key KeyOf(const DocumentItem& item) { return {item.shop, static_cast<int>(item.fact.kind), item.fact.id}; }

// Columns of keys, in order.
struct KeyColumns {
  std::vector<std::string> shops, ids;
  std::vector<int64_t> kinds;

  void Add(const Key& key) {
    shops.emplace_back(std::get<0>(key));
    kinds.push_back(std::get<1>(key));
    ids.emplace_back(std::get<2>(key));
  }
  bool empty() const { return shops.empty(); }
  void AddTo(postgres::Params& params) const { params.TextArray(shops).Int64Array(kinds).TextArray(ids); }
};

absl::Status LoadStored(postgres::Transaction& transaction, States& states) {
  KeyColumns keys;
  std::vector<DocumentState*> by_place;
  for (auto& [key, state] : states) {
    keys.Add(key);
    by_place.push_back(&state);
  }
  postgres::Params params;
  keys.AddTo(params);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      transaction.Exec(
          "SELECT asked.place, d.revision, d.fingerprint, d.document, d.received_at, d.imported "
          "FROM unnest($1::text[], $2::int2[], $3::text[]) WITH ORDINALITY AS asked (shop, kind, id, place) "
          "CROSS JOIN LATERAL (SELECT * FROM analytics.documents AS s "
          "WHERE s.shop = asked.shop AND s.kind = asked.kind AND s.id = asked.id FOR UPDATE) AS d",
          params));
  for (int r = 0; r < rows.rows(); ++r) {
    DocumentState& state = *by_place[rows.Int64(r, 0) - 1];
    state.Load(rows.Int64(r, 1), static_cast<uint64_t>(rows.Int64(r, 2)));
    state.document = rows.Int64(r, 3);
    state.received_at = rows.Time(r, 4);
    state.imported = rows.Bool(r, 5);
  }
  return absl::OkStatus();
}

void Judge(absl::Span<const DocumentItem> items, States& states, log::Effects& effects) {
  for (const DocumentItem& item : items) {
    DocumentState& state = states[KeyOf(item)];
    const Outcome outcome = state.Offer(item.fact);
    state.Meet(item.fact, outcome);
    if (outcome != Outcome::kConflict) continue;
    effects.DeadLetter(item.offset, kReasonRevisionConflict,
                       ConflictText("document", item.fact.id, item.fact.revision));
  }
}

absl::int128 AmountOf(const DocumentFact& fact) {
  absl::int128 sum = 0;
  for (const LineFact& line : fact.lines) sum += line.amount.nanos;
  return sum;
}

constexpr char kUpsert[] =
    "INSERT INTO analytics.documents (shop, kind, id, revision, fingerprint, occurred_at, received_at, imported, "
    "source, "
    "customer, session, country, channel, store, device, currency, order_id, amount, line_count) "
    "SELECT * FROM unnest($1::text[], $2::int2[], $3::text[], $4::int8[], $5::int8[], $6::timestamptz[], "
    "$7::timestamptz[], $8::bool[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], "
    "$15::text[], $16::text[], $17::text[], $18::numeric[], $19::int4[]) "
    "ON CONFLICT (shop, kind, id) DO UPDATE SET (revision, fingerprint, occurred_at, received_at, imported, source, "
    "customer, session, country, channel, store, device, currency, order_id, amount, line_count) = "
    "(excluded.revision, excluded.fingerprint, excluded.occurred_at, excluded.received_at, excluded.imported, "
    "excluded.source, excluded.customer, excluded.session, excluded.country, excluded.channel, excluded.store, "
    "excluded.device, excluded.currency, excluded.order_id, excluded.amount, excluded.line_count) "
    "WHERE documents.revision < excluded.revision RETURNING shop, kind, id, document";

absl::Status Upsert(postgres::Transaction& transaction, const std::vector<std::pair<Key, DocumentState*>>& written) {
  KeyColumns keys;
  std::vector<int64_t> revisions, fingerprints, line_counts;
  std::vector<absl::Time> occurred, received;
  std::vector<bool> imported;
  std::vector<absl::int128> amounts;
  constexpr std::string DocumentFact::*kTexts[] = {
      &DocumentFact::source,  &DocumentFact::customer, &DocumentFact::session,
      &DocumentFact::country, &DocumentFact::channel,  &DocumentFact::store,
      &DocumentFact::device,  &DocumentFact::currency, &DocumentFact::order_id};
  std::vector<std::string> texts[std::size(kTexts)];
  for (const auto& [key, state] : written) {
    const DocumentFact& fact = *state->winner;
    keys.Add(key);
    revisions.push_back(fact.revision);
    fingerprints.push_back(static_cast<int64_t>(fact.fingerprint));
    occurred.push_back(fact.occurred_at);
    received.push_back(state->received_at);
    imported.push_back(state->imported);
    for (size_t t = 0; t < std::size(kTexts); ++t) texts[t].push_back(fact.*kTexts[t]);
    amounts.push_back(AmountOf(fact));
    line_counts.push_back(static_cast<int64_t>(fact.lines.size()));
  }
  postgres::Params params;
  keys.AddTo(params);
  params.Int64Array(revisions).Int64Array(fingerprints).TimeArray(occurred).TimeArray(received).BoolArray(imported);
  for (const auto& column : texts) params.TextArray(column);
  params.NumericArray(amounts).Int64Array(line_counts);
  ASSIGN_OR_RETURN(const postgres::Result rows, transaction.Exec(kUpsert, params));
  if (rows.rows() != static_cast<int>(written.size())) {
    return base::Error(absl::StatusCode::kAborted, kReasonDocumentRace,
                       "another partition wrote one of the documents in between; the batch is tried again");
  }
  std::map<Key, int64_t> documents;
  for (int r = 0; r < rows.rows(); ++r) {
    documents[{rows.Text(r, 0), static_cast<int>(rows.Int64(r, 1)), rows.Text(r, 2)}] = rows.Int64(r, 3);
  }
  for (const auto& [key, state] : written) state->document = documents.at(key);
  return absl::OkStatus();
}

absl::Status UpdateArrivals(postgres::Transaction& transaction, const States& states) {
  std::vector<absl::Time> received;
  KeyColumns keys;
  std::vector<bool> imported;
  for (const auto& [key, state] : states) {
    if (state.winner != nullptr || !state.earlier) continue;
    keys.Add(key);
    received.push_back(state.received_at);
    imported.push_back(state.imported);
  }
  if (keys.empty()) return absl::OkStatus();
  postgres::Params params;
  keys.AddTo(params);
  params.TimeArray(received).BoolArray(imported);
  return transaction
      .Exec(
          "UPDATE analytics.documents AS d SET received_at = met.received_at, imported = met.imported "
          "FROM unnest($1::text[], $2::int2[], $3::text[], $4::timestamptz[], $5::bool[]) "
          "AS met (shop, kind, id, received_at, imported) "
          "WHERE d.shop = met.shop AND d.kind = met.kind AND d.id = met.id",
          params)
      .status();
}

absl::Status DeleteLines(postgres::Transaction& transaction,
                         const std::vector<std::pair<Key, DocumentState*>>& written) {
  std::vector<int64_t> replaced;
  for (const auto& [key, state] : written) {
    if (state->stored) replaced.push_back(state->document);
  }
  if (replaced.empty()) return absl::OkStatus();
  postgres::Params params;
  params.Int64Array(replaced);
  return transaction.Exec("DELETE FROM analytics.lines WHERE document = ANY ($1::int8[])", params).status();
}

absl::Status CopyLines(postgres::Transaction& transaction, const std::vector<std::pair<Key, DocumentState*>>& written) {
  const std::vector<std::string> columns = {"document", "line_no",  "product", "quantity", "pieces",
                                            "amount",   "discount", "tax",     "cost"};
  return transaction.Copy("analytics.lines", columns, [&](postgres::CopyWriter& writer) {
    for (const auto& [key, state] : written) {
      int64_t number = 0;
      for (const LineFact& line : state->winner->lines) {
        writer.Int64(state->document);
        writer.Int64(++number);
        writer.Text(line.product);
        writer.Numeric(line.quantity.nanos);
        writer.Bool(line.pieces);
        writer.Numeric(line.amount.nanos);
        writer.Numeric(line.discount.nanos);
        writer.Numeric(line.tax.nanos);
        line.cost ? writer.Numeric(line.cost->nanos) : writer.Null();
        RETURN_IF_ERROR(writer.EndRow());
      }
    }
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status WriteDocuments(postgres::Transaction& transaction, absl::Span<const DocumentItem> items,
                            log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  States states;
  for (const DocumentItem& item : items) states.try_emplace(KeyOf(item));
  RETURN_IF_ERROR(LoadStored(transaction, states));
  Judge(items, states, effects);
  RETURN_IF_ERROR(UpdateArrivals(transaction, states));
  std::vector<std::pair<Key, DocumentState*>> written;
  for (auto& [key, state] : states) {
    if (state.winner != nullptr) written.emplace_back(key, &state);
  }
  if (written.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Upsert(transaction, written));
  RETURN_IF_ERROR(DeleteLines(transaction, written));
  return CopyLines(transaction, written);
}

absl::Status WriteCancellations(postgres::Transaction& transaction, absl::Span<const CancellationItem> items) {
  if (items.empty()) return absl::OkStatus();
  std::map<std::pair<absl::string_view, absl::string_view>, absl::Time> earliest;
  for (const CancellationItem& item : items) {
    const auto [it, inserted] = earliest.try_emplace({item.shop, item.fact.order_id}, item.fact.occurred_at);
    if (!inserted) it->second = std::min(it->second, item.fact.occurred_at);
  }
  std::vector<std::string> shops, orders;
  std::vector<absl::Time> times;
  for (const auto& [key, time] : earliest) {
    shops.emplace_back(key.first);
    orders.emplace_back(key.second);
    times.push_back(time);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(orders).TimeArray(times);
  return transaction
      .Exec(
          "INSERT INTO analytics.cancellations (shop, order_id, cancelled_at) "
          "SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) "
          "ON CONFLICT (shop, order_id) DO UPDATE SET cancelled_at = excluded.cancelled_at "
          "WHERE excluded.cancelled_at < cancellations.cancelled_at",
          params)
      .status();
}

}  // namespace kontor::analytics
