#include "services/recommendations/impression_writer.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "libs/base/status.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/erasure_rows.h"
#include "services/recommendations/impressions.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kKept = absl::Hours(24 * 30);
constexpr int64_t kChunkRows = 20'000;

using Key = std::pair<std::string, std::string>;  // shop; subject or product

struct Rows {
  struct Event {
    absl::Time at;
    std::vector<std::string> shown;  // or
    std::string looked_at;
  };
  std::map<Key, std::vector<Event>> events;  // by subject
  std::map<Key, int64_t> times;              // by product
  absl::Time newest = absl::InfinitePast();
};

Rows DecodeBatch(const log::Batch& batch, log::Effects& effects) {
  Rows rows;
  for (const log::LogRecord& record : batch.records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes, Payloads::kLive);
    if (!decoded.ok()) continue;
    if (!decoded->known) effects.Park(record.offset, decoded->type);
    rows.newest = std::max(rows.newest, decoded->occurred_at);
    const Key person(decoded->shop, decoded->subject);
    if (auto* shown = std::get_if<ShownProducts>(&decoded->content)) {
      for (const std::string& product : shown->products) ++rows.times[{decoded->shop, product}];
      if (!decoded->subject.empty()) {
        rows.events[person].push_back({decoded->occurred_at, std::move(shown->products), ""});
      }
    } else if (auto* step = std::get_if<SessionStep>(&decoded->content)) {
      if (step->kind == SessionStep::Kind::kUncarted || decoded->subject.empty()) continue;
      rows.events[person].push_back({decoded->occurred_at, {}, std::move(step->product)});
    }
  }
  return rows;
}

struct State {
  Impressions impressions;
  bool changed = false;
};
using States = std::map<Key, State>;

absl::Status LoadStored(postgres::Transaction& transaction, States& states) {
  std::vector<std::string> shops, subjects;
  for (const auto& [key, state] : states) {
    shops.push_back(key.first);
    subjects.push_back(key.second);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(subjects);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec("SELECT shop, subject, shown FROM recommendations.impressions "
                                    "JOIN unnest($1::text[], $2::text[]) AS asked (shop, subject) "
                                    "USING (shop, subject) ORDER BY shop, subject FOR UPDATE",
                                    params));
  for (int r = 0; r < rows.rows(); ++r) {
    const std::string bytes = rows.Bytes(r, 2);
    base::ByteReader in(bytes);
    Impressions stored = Impressions::Load(in);
    if (!in.status().ok()) continue;  // what cannot be read starts anew
    states[{std::string(rows.Text(r, 0)), std::string(rows.Text(r, 1))}].impressions = std::move(stored);
  }
  return absl::OkStatus();
}

absl::Status Save(postgres::Transaction& transaction, const States& states) {
  std::vector<std::string> shops, subjects, shown;
  std::vector<absl::Time> last;
  for (const auto& [key, state] : states) {
    if (!state.changed) continue;
    shops.push_back(key.first);
    subjects.push_back(key.second);
    base::ByteWriter out;
    state.impressions.Save(out);
    shown.push_back(std::move(out).Take());
    last.push_back(absl::FromUnixMicros(state.impressions.until_micros()));
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TextArray(subjects).BytesArray(shown).TimeArray(last);
  return transaction
      .Exec(
          "INSERT INTO recommendations.impressions (shop, subject, shown, last_shown) "
          "SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[]) "
          "ON CONFLICT (shop, subject) DO UPDATE SET (shown, last_shown) = (excluded.shown, excluded.last_shown)",
          params)
      .status();
}

// Nothing of the forgotten, of up to their erasure, is taken.
absl::Status DropForgotten(postgres::Transaction& transaction, Rows& rows) {
  SubjectSet subjects;
  for (const auto& [key, events] : rows.events) subjects.insert(key);
  ASSIGN_OR_RETURN(const Tombstones tombstones, ReadTombstones(transaction, subjects));
  for (auto it = rows.events.begin(); it != rows.events.end();) {
    const auto& [shop, subject] = it->first;
    std::vector<Rows::Event>& events = it->second;
    const auto gone = std::remove_if(events.begin(), events.end(), [&](const Rows::Event& event) {
      return tombstones.Cover(shop, subject, event.at);
    });
    events.erase(gone, events.end());
    it = events.empty() ? rows.events.erase(it) : std::next(it);
  }
  return absl::OkStatus();
}

absl::Status WriteImpressions(postgres::Transaction& transaction, const Rows& rows) {
  States states;
  for (const auto& [key, events] : rows.events) states[key];
  if (states.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(LoadStored(transaction, states));
  for (auto& [key, state] : states) {
    for (const Rows::Event& event : rows.events.at(key)) {
      const int64_t at = absl::ToUnixMicros(event.at);
      if (event.looked_at.empty()) {
        state.impressions.Show(event.shown, at);
        state.changed = true;
      } else {
        state.changed |= state.impressions.LookAt(event.looked_at, at);
      }
    }
  }
  return Save(transaction, states);
}

absl::Status WriteExposures(postgres::Transaction& transaction, const Rows& rows) {
  if (rows.times.empty()) return absl::OkStatus();
  std::vector<std::string> shops, products;
  std::vector<int64_t> times;
  for (const auto& [key, count] : rows.times) {
    shops.push_back(key.first);
    products.push_back(key.second);
    times.push_back(count);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(products).Int64Array(times);
  return transaction
      .Exec(
          "INSERT INTO recommendations.product_exposures AS e (shop, product, times) "
          "SELECT * FROM unnest($1::text[], $2::text[], $3::int8[]) "
          "ON CONFLICT (shop, product) DO UPDATE SET times = e.times + excluded.times",
          params)
      .status();
}

absl::Status ForgetOld(postgres::Transaction& transaction, absl::Time newest) {
  postgres::Params params;
  params.Time(newest - kKept);
  return transaction
      .Exec(
          "DELETE FROM recommendations.impressions WHERE (shop, subject) IN (SELECT shop, subject "
          "FROM recommendations.impressions WHERE last_shown < $1 ORDER BY shop, subject LIMIT 1000 "
          "FOR UPDATE SKIP LOCKED)",
          params)
      .status();
}

}  // namespace

absl::Status ImpressionWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch,
                                     log::Effects& effects) {
  Rows rows = DecodeBatch(batch, effects);
  RETURN_IF_ERROR(DropForgotten(transaction, rows));
  RETURN_IF_ERROR(WriteImpressions(transaction, rows));
  RETURN_IF_ERROR(WriteExposures(transaction, rows));
  return rows.newest == absl::InfinitePast() ? absl::OkStatus() : ForgetOld(transaction, rows.newest);
}

bool ImpressionWriter::Knows(absl::string_view type) const { return KnowsType(type); }

absl::Status ReadExposures(
    postgres::Pool& pool,
    absl::FunctionRef<void(const std::string& shop, const std::string& product, int64_t times)> take) {
  std::string shop, product;
  for (;;) {
    postgres::Params params;
    params.Text(shop).Text(product).Int64(kChunkRows);
    ASSIGN_OR_RETURN(const postgres::Result rows,
                     pool.Exec("SELECT shop, product, times FROM recommendations.product_exposures "
                               "WHERE (shop, product) > ($1, $2) ORDER BY shop, product LIMIT $3",
                               params));
    for (int r = 0; r < rows.rows(); ++r) {
      shop = std::string(rows.Text(r, 0));
      product = std::string(rows.Text(r, 1));
      take(shop, product, rows.Int64(r, 2));
    }
    if (rows.rows() < kChunkRows) return absl::OkStatus();
  }
}

}  // namespace kontor::recommendations
