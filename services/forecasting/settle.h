#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/revision_state.h"
#include "libs/platform/log/batch_handler.h"
#include "services/forecasting/rows.h"

// Rows of which the highest revision counts: where their keys stand after a batch.
namespace kontor::forecasting {

using Key = std::tuple<std::string, std::string, std::string>;  // shop, id, what else the key has

template <typename Content>
using States = std::map<Key, catalogue::RevisionState<Content>>;

// Columns of keys, in their order.
struct KeyColumns {
  std::vector<std::string> shops, ids, parts;
  std::vector<int64_t> revisions, fingerprints;

  template <typename Content>
  void Add(const Key& key, const catalogue::RevisionState<Content>& state) {
    shops.push_back(std::get<0>(key));
    ids.push_back(std::get<1>(key));
    parts.push_back(std::get<2>(key));
    revisions.push_back(state.revision);
    fingerprints.push_back(static_cast<int64_t>(state.fingerprint));
  }
};

// `select`: revision and fingerprint of the row of shop asked.shop, id asked.id and part asked.part.
template <typename Content>
absl::Status LoadStored(postgres::Transaction& transaction, absl::string_view select, States<Content>& states) {
  KeyColumns keys;
  std::vector<catalogue::RevisionState<Content>*> by_place;
  for (auto& [key, state] : states) {
    keys.Add(key, state);
    by_place.push_back(&state);
  }
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.ids).TextArray(keys.parts);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   transaction.Exec(absl::StrCat("SELECT asked.place, stored.revision, stored.fingerprint "
                                                 "FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS "
                                                 "asked (shop, id, part, place) CROSS JOIN LATERAL (",
                                                 select, " FOR UPDATE) AS stored"),
                                    params));
  for (int r = 0; r < rows.rows(); ++r) {
    auto& state = *by_place[rows.Int64(r, 0) - 1];
    state.revision = rows.Int64(r, 1);
    state.fingerprint = static_cast<uint64_t>(rows.Int64(r, 2));
  }
  return absl::OkStatus();
}

// Where each key stands after the items; conflicts go to the effects. `key_of`: id and part of a content.
template <typename Content, typename KeyOf>
absl::StatusOr<States<Content>> Settle(postgres::Transaction& transaction, absl::string_view what,
                                       absl::string_view select, absl::Span<const Item<Content>> items,
                                       const KeyOf& key_of, log::Effects& effects) {
  States<Content> states;
  const auto whole_key = [&](const Item<Content>& item) -> Key {
    std::pair<std::string, std::string> key = key_of(item.content);
    return {item.shop, std::move(key.first), std::move(key.second)};
  };
  for (const Item<Content>& item : items) states.try_emplace(whole_key(item));
  RETURN_IF_ERROR(LoadStored(transaction, select, states));
  for (const Item<Content>& item : items) {
    if (states[whole_key(item)].Offer(item.content)) continue;
    effects.DeadLetter(item.offset, catalogue::kReasonRevisionConflict,
                       catalogue::ConflictText(what, key_of(item.content).first, item.content.revision));
  }
  return states;
}

}  // namespace kontor::forecasting
