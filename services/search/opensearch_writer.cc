#include "services/search/opensearch_writer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/opensearch/bulk.h"

namespace kontor::search {
namespace {

constexpr char kReasonRefused[] = "NODE_REFUSED", kReasonShopUnknown[] = "SHOP_UNKNOWN";
constexpr size_t kProductsOfChunk = 200;
// Below the time that the transaction may be idle.
constexpr absl::Duration kPatience = absl::Milliseconds(4500);

// What the node says of a write that is not the record's fault passes by itself, or by an operator's hand.
absl::Status Waiting(const absl::Status& status) {
  return absl::UnavailableError(absl::StrCat("writing to OpenSearch: ", status.message()));
}

bool IsRefused(const absl::Status& status) { return absl::IsInvalidArgument(status); }

}  // namespace

OpenSearchWriter::OpenSearchWriter(const opensearch::Client& client, const OpenSearchIndices& indices,
                                   const SearchFollower& follower, const fleet::Fleet& fleet,
                                   std::shared_ptr<const nn::SentenceEncoder> sentences)
    : client_(client),
      indices_(indices),
      follower_(follower),
      fleet_(fleet),
      sentences_(std::move(sentences)),
      written_(fleet.server.metrics().counter("kontor_search_node_writes_total",
                                              "Products whose documents were changed on the node.")),
      failed_(fleet.server.metrics().counter(
          "kontor_search_node_failures_total",
          "Requests of the indexer that the node did not answer well; they are made again.")) {}

std::vector<OpenSearchWriter::Told> OpenSearchWriter::Decode(const log::Batch& batch, log::Effects& effects) const {
  std::vector<Told> told;
  for (const log::LogRecord& record : batch.records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    if (!decoded.ok()) {
      effects.DeadLetter(record.offset, base::ErrorReason(decoded.status()), std::string(decoded.status().message()));
    } else if (ChangedProduct(*decoded).empty()) {
      continue;
    } else if (follower_.Find(decoded->shop) == nullptr) {
      effects.DeadLetter(record.offset, kReasonShopUnknown, absl::StrCat("no shop \"", decoded->shop, "\" is served"));
    } else {
      told.push_back({record.offset, *std::move(decoded)});
    }
  }
  return told;
}

// A product stands in one chunk only, with all that is told of it, in order.
std::vector<OpenSearchWriter::Chunk> OpenSearchWriter::Split(const std::vector<Told>& told) const {
  std::vector<Chunk> chunks;
  for (const fleet::Shop& shop : fleet_.shops) {
    absl::flat_hash_map<absl::string_view, size_t> place;
    std::vector<std::pair<std::string, std::vector<const Told*>>> products;
    for (const Told& each : told) {
      if (each.record.shop != shop.id) continue;
      const absl::string_view product = ChangedProduct(each.record);
      const auto [found, is_new] = place.try_emplace(product, products.size());
      if (is_new) products.push_back({std::string(product), {}});
      products[found->second].second.push_back(&each);
    }
    for (auto& product : products) {
      if (chunks.empty() || chunks.back().shop != &shop || chunks.back().products.size() == kProductsOfChunk) {
        chunks.push_back({&shop, {}});
      }
      chunks.back().products.push_back(std::move(product));
    }
  }
  return chunks;
}

absl::StatusOr<OpenSearchWriter::Vectors> OpenSearchWriter::Encode(const Chunk& chunk,
                                                                   std::vector<float>& storage) const {
  Vectors vectors;
  if (sentences_ == nullptr || indices_.dimensions() == 0) return vectors;
  std::vector<const Told*> titled;
  std::vector<absl::string_view> titles;
  for (const auto& [product, told] : chunk.products) {
    for (const Told* each : told) {
      const auto* snapshot = std::get_if<catalogue::ProductSnapshot>(&each->record.content);
      if (snapshot == nullptr || snapshot->title.empty()) continue;
      titled.push_back(each);
      titles.push_back(snapshot->title);
    }
  }
  constexpr size_t kDimensions = nn::SentenceEncoder::kDimensions;
  storage.resize(titles.size() * kDimensions);
  RETURN_IF_ERROR(sentences_->Encode(titles, absl::MakeSpan(storage)));
  for (size_t i = 0; i < titled.size(); ++i) {
    const auto vector = absl::MakeConstSpan(storage).subspan(i * kDimensions, kDimensions);
    const bool any = std::any_of(vector.begin(), vector.end(), [](float x) { return x != 0; });
    if (any) vectors.emplace(titled[i], vector);  // the node refuses zeros
  }
  return vectors;
}

absl::Status OpenSearchWriter::Send(const Chunk& chunk, log::Effects& effects) const {
  const absl::Time deadline = absl::Now() + kPatience;
  const ShopSearch& shop = *follower_.Find(chunk.shop->id);
  const std::string currency = shop.main_currency();
  std::vector<float> storage;
  ASSIGN_OR_RETURN(const Vectors vectors, Encode(chunk, storage));
  std::string actions;
  for (const auto& [product, told] : chunk.products) {
    std::vector<ProductChange> changes;
    for (const Told* each : told) {
      const auto vector = vectors.find(each);
      changes.push_back({&each->record, vector == vectors.end() ? absl::Span<const float>() : vector->second});
    }
    actions += FoldAction(shop.analyzer(), product, changes, currency);
  }
  const auto statuses = opensearch::Bulk(client_, indices_.WriteAliasOf(*chunk.shop), actions, deadline);
  if (!statuses.ok()) {
    failed_.Add();
    return IsRefused(statuses.status()) ? statuses.status() : Waiting(statuses.status());
  }
  for (size_t i = 0; i < chunk.products.size() && i < statuses->size(); ++i) {
    const absl::Status& status = (*statuses)[i];
    if (status.ok()) {
      written_.Add();
    } else if (IsRefused(status)) {
      RETURN_IF_ERROR(SendAlone(chunk, i, vectors, deadline, effects));
    } else {
      failed_.Add();
      return Waiting(status);
    }
  }
  return absl::OkStatus();
}

absl::Status OpenSearchWriter::SendAlone(const Chunk& chunk, size_t product, const Vectors& vectors,
                                         absl::Time deadline, log::Effects& effects) const {
  const ShopSearch& shop = *follower_.Find(chunk.shop->id);
  const auto& [id, told] = chunk.products[product];
  for (const Told* each : told) {
    const auto vector = vectors.find(each);
    const ProductChange change{&each->record, vector == vectors.end() ? absl::Span<const float>() : vector->second};
    const auto statuses = opensearch::Bulk(client_, indices_.WriteAliasOf(*chunk.shop),
                                           FoldAction(shop.analyzer(), id, {change}, shop.main_currency()), deadline);
    const absl::Status status = !statuses.ok()      ? statuses.status()
                                : statuses->empty() ? absl::OkStatus()
                                                    : (*statuses)[0];
    if (IsRefused(status)) {
      effects.DeadLetter(each->offset, kReasonRefused, std::string(status.message()));
    } else if (!status.ok()) {
      failed_.Add();
      return Waiting(status);
    }
  }
  return absl::OkStatus();
}

absl::Status OpenSearchWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch,
                                     log::Effects& effects) {
  const std::vector<Told> told = Decode(batch, effects);
  for (const Chunk& chunk : Split(told)) {
    RETURN_IF_ERROR(Send(chunk, effects));
    RETURN_IF_ERROR(transaction.Exec("SELECT 1").status());  // so that the transaction is not idle for too long
  }
  return absl::OkStatus();
}

}  // namespace kontor::search
