#include "libs/domain/recommendations/model_io.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/bytes.h"
#include "libs/base/hash.h"
#include "libs/domain/recommendations/source_table.h"

namespace kontor::recommendations {
namespace {

constexpr absl::string_view kMagic = "KONTORRM";
constexpr size_t kHeader = 8 + sizeof(uint32_t) + sizeof(uint64_t);
constexpr size_t kChecksum = 32;

void SaveNames(const history::Interner& names, base::ByteWriter& out) {
  std::vector<uint32_t> lengths;
  std::string text;
  for (uint32_t id = 0; id < names.size(); ++id) {
    lengths.push_back(static_cast<uint32_t>(names.At(id).size()));
    absl::StrAppend(&text, names.At(id));
  }
  out.Array(lengths);
  out.String(text);
}

history::Interner LoadNames(base::ByteReader& in) {
  const std::vector<uint32_t> lengths = in.Array<uint32_t>();
  const std::string text = in.String();
  absl::string_view rest = text;
  history::Interner names;
  for (uint32_t length : lengths) {
    in.Require(length <= rest.size(), "a name is longer than the names");
    if (!in.status().ok()) break;
    const uint32_t expected = names.size();
    in.Require(names.Intern(rest.substr(0, length)) == expected, "a name occurs twice");
    rest.remove_prefix(length);
  }
  return names;
}

void SaveCatalogue(const Catalogue& catalogue, base::ByteWriter& out) {
  SaveNames(catalogue.products, out);
  SaveNames(catalogue.categories, out);
  out.Array(catalogue.product_categories);
  SaveNames(catalogue.contexts, out);
  out.Array(catalogue.context_parents);
  out.Array(catalogue.feature_terms);
}

Catalogue LoadCatalogue(base::ByteReader& in) {
  Catalogue out;
  out.products = LoadNames(in);
  out.categories = LoadNames(in);
  out.product_categories = in.Array<uint32_t>();
  out.contexts = LoadNames(in);
  out.context_parents = in.Array<uint32_t>();
  out.feature_terms = in.Array<Term>();
  in.Require(out.product_categories.size() == out.products.size(), "the catalogue has columns of unequal length");
  in.Require(out.context_parents.size() == out.contexts.size(), "the contexts have columns of unequal length");
  for (size_t context = 0; context < out.context_parents.size(); ++context) {
    in.Require(out.context_parents[context] == kNone || out.context_parents[context] < context,
               "a context stands before its parent");
  }
  return out;
}

struct LoadedSources {
  Model::Sources others;
  std::unique_ptr<const Popularity> popularity;
};

// Nothing where the bytes are in disorder; `in` says why.
std::optional<LoadedSources> LoadSources(base::ByteReader& in, const Catalogue& catalogue,
                                         const absl::flat_hash_set<uint64_t>& forgotten) {
  LoadedSources out;
  absl::flat_hash_set<std::string> names;
  const auto count = in.Value<uint32_t>();
  in.Require(count > 0, "the model has no sources");
  for (uint32_t i = 0; i < count && in.status().ok(); ++i) {
    const std::string name = in.String();
    in.Require(names.insert(name).second, "a source occurs twice");
    in.Require((name == kPopularityName) == (i + 1 == count), "popularity is not the last source");
    if (name == kPopularityName) {
      out.popularity = std::make_unique<const Popularity>(
          Popularity::Load(in, catalogue.products.size(), catalogue.contexts.size()));
    } else if (auto source = LoadSource(name, in, catalogue.products.size())) {
      auto without = forgotten.empty() ? nullptr : source->Without(forgotten);
      out.others.push_back(without == nullptr ? std::move(source) : std::move(without));
    }
  }
  if (!in.status().ok()) return std::nullopt;
  return out;
}

void SaveFacts(const Model& model, base::ByteWriter& out) {
  out.Value(model.trained_until_seconds);
  for (int64_t count : {model.counts.baskets, model.counts.customers, model.counts.products, model.counts.lines,
                        model.metrics.customers}) {
    out.Value(count);
  }
  for (double metric : {model.metrics.recall_at_10, model.metrics.ndcg_at_10, model.metrics.recall_at_10_new,
                        model.metrics.ndcg_at_10_new}) {
    out.Value(metric);
  }
}

void LoadFacts(base::ByteReader& in, Model& model) {
  model.trained_until_seconds = in.Value<int64_t>();
  for (int64_t* count : {&model.counts.baskets, &model.counts.customers, &model.counts.products, &model.counts.lines,
                         &model.metrics.customers}) {
    *count = in.Value<int64_t>();
  }
  for (double* metric : {&model.metrics.recall_at_10, &model.metrics.ndcg_at_10, &model.metrics.recall_at_10_new,
                         &model.metrics.ndcg_at_10_new}) {
    *metric = in.Value<double>();
  }
}

// The model's own bytes, when header and checksum are in order.
absl::StatusOr<absl::string_view> Payload(absl::string_view bytes) {
  if (bytes.size() > kMaxModelBytes) return absl::InvalidArgumentError("the model is larger than 4 GiB");
  if (bytes.size() < kHeader + kChecksum) return absl::DataLossError("the model is cut short");
  if (bytes.substr(0, kMagic.size()) != kMagic) return absl::InvalidArgumentError("these bytes are not a model");
  base::ByteReader header(bytes.substr(kMagic.size(), kHeader - kMagic.size()));
  const uint32_t format = header.Value<uint32_t>();
  const uint64_t length = header.Value<uint64_t>();
  if (format != kModelFormat) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model has format ", format, ", this program reads ", kModelFormat, "; train it again"));
  }
  if (length != bytes.size() - kHeader - kChecksum) return absl::DataLossError("the model is cut short");
  const absl::string_view body = bytes.substr(0, bytes.size() - kChecksum);
  const std::string checksum = base::Sha256(body);
  if (absl::string_view(checksum) != bytes.substr(body.size())) {
    return absl::DataLossError("the model's checksum is wrong");
  }
  return body.substr(kHeader);
}

}  // namespace

std::string SaveModel(const Model& model) {
  base::ByteWriter payload;
  SaveCatalogue(model.catalogue(), payload);
  payload.Value<uint32_t>(static_cast<uint32_t>(model.sources().size()));
  for (const auto& source : model.sources()) {
    payload.String(source->name());
    source->Save(payload);
  }
  model.ranker().Save(payload);
  payload.Value<uint8_t>(model.outcomes() != nullptr ? 1 : 0);
  if (model.outcomes() != nullptr) model.outcomes()->Save(payload);
  SaveFacts(model, payload);

  base::ByteWriter file;
  for (char c : kMagic) file.Value(c);
  file.Value(kModelFormat);
  file.Value<uint64_t>(payload.bytes().size());
  std::string bytes = std::move(file).Take();
  bytes += payload.bytes();
  bytes += base::Sha256(bytes);
  return bytes;
}

absl::StatusOr<std::shared_ptr<const Model>> LoadModel(absl::string_view bytes,
                                                       const absl::flat_hash_set<uint64_t>& forgotten) {
  const absl::StatusOr<absl::string_view> payload = Payload(bytes);
  if (!payload.ok()) return payload.status();
  base::ByteReader in(*payload);
  Catalogue catalogue = LoadCatalogue(in);
  std::optional<LoadedSources> sources = LoadSources(in, catalogue, forgotten);
  if (!sources) return in.status();
  auto model =
      std::make_shared<Model>(std::move(catalogue), std::move(sources->others), std::move(sources->popularity));
  model->set_ranker(Ranker::Load(in, model->Signals()));
  if (in.Value<uint8_t>() != 0) {
    std::shared_ptr<const OutcomeModel> outcomes = OutcomeModel::Load(in);
    in.Require(outcomes->columns() == ShownColumns(model->ranker()), "the outcomes do not fit the signals");
    model->set_outcomes(std::move(outcomes));
  }
  LoadFacts(in, *model);
  in.Require(in.AtEnd(), "bytes follow the model");
  if (!in.status().ok()) return in.status();
  return std::shared_ptr<const Model>(std::move(model));
}

std::string ModelChecksum(absl::string_view bytes) { return base::Sha256Hex(bytes); }

}  // namespace kontor::recommendations
