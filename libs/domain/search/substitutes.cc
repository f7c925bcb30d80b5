#include "libs/domain/search/substitutes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/index_sort.h"
#include "libs/domain/search/match.h"

namespace kontor::search {
namespace {

using Texts = absl::flat_hash_set<std::string>;

double Jaccard(const Texts& a, const Texts& b) {
  size_t both = 0;
  for (const std::string& text : a) both += b.contains(text) ? 1 : 0;
  return static_cast<double>(both) / static_cast<double>(a.size() + b.size() - both);
}

class Finder {
 public:
  Finder(const EngineParts& parts, DocRef product, const SubstituteOptions& options)
      : view_(*parts.view), product_(product), options_(options), properties_(Properties()) {
    title_ = TitleOf(product);
    values_ = ValuesOf(product);
    if (parts.meaning != nullptr) Encode(*parts.meaning);
  }

  std::vector<Found> Run() {
    std::vector<Found> variants = Ranked(Variants());
    if (variants.size() < options_.most) {
      const std::vector<Found> alike = Ranked(OfTheCategory());
      for (const Found& found : alike) {
        if (view_.GroupId(found.doc).empty() || view_.GroupId(found.doc) != view_.GroupId(product_)) {
          variants.push_back(found);
        }
      }
    }
    variants.resize(std::min(variants.size(), options_.most));
    return variants;
  }

 private:
  std::vector<Property> Properties() const {
    std::vector<Property> properties;
    for (const Property& property : view_.values().Properties()) {
      const bool counts = property.kind == Property::Kind::kAttribute || property.kind == Property::Kind::kBrand;
      if (counts) properties.push_back(property);
    }
    return properties;
  }

  Texts TitleOf(DocRef doc) const {
    const auto terms = view_.TermsOf(doc, Field::kTitle);
    return {terms.begin(), terms.end()};
  }

  Texts ValuesOf(DocRef doc) const {
    Texts values;
    for (size_t i = 0; i < properties_.size(); ++i) {
      for (const absl::string_view value : view_.ValuesOf(doc, properties_[i])) {
        values.insert(absl::StrCat(i, "\n", value));
      }
    }
    return values;
  }

  void Encode(const Meaning& meaning) {
    std::vector<WeighedTerm> terms;
    for (const std::string& term : title_) terms.push_back({term, 1});
    if (meaning.catalogue != nullptr && meaning.catalogue_vectors != nullptr) {
      vectors_ = meaning.catalogue_vectors.get();
      vector_.resize(meaning.catalogue->dimensions());
      if (!meaning.catalogue->Encode(terms, absl::MakeSpan(vector_)).ok()) vectors_ = nullptr;
    } else if (meaning.sentences != nullptr && meaning.sentence_vectors != nullptr) {
      vectors_ = meaning.sentence_vectors.get();
      vector_.resize(meaning.sentences->dimensions());
      if (!meaning.sentences->Encode({{view_.Title(product_), terms}}, absl::MakeSpan(vector_)).ok()) {
        vectors_ = nullptr;
      }
    }
    if (std::all_of(vector_.begin(), vector_.end(), [](float x) { return x == 0; })) vectors_ = nullptr;
  }

  MatchSet InStock(Filter filter) const {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const Filter in_stock = Filter::Range({Property::Kind::kStock, ""}, std::numeric_limits<double>::min(), kInfinity);
    return Match(PreparedQuery(view_, {}), {std::move(filter), in_stock}, {MatchPolicy::kAll, 0});
  }

  std::vector<DocRef> MostWanted(const MatchSet& set) const {
    std::vector<DocRef> docs;
    const SortSpec sort{{Property::Kind::kPopularity, ""}, true};
    for (const SortedHit& hit : SortedPage(view_, set, sort, options_.candidates, std::nullopt)) {
      docs.push_back(hit.doc);
    }
    return docs;
  }

  std::vector<DocRef> Variants() const {
    const absl::string_view group = view_.GroupId(product_);
    if (group.empty()) return {};
    return MostWanted(InStock(Filter::AnyOf({Property::Kind::kGroup, ""}, {std::string(group)})));
  }

  std::vector<DocRef> OfTheCategory() const {
    absl::string_view deepest;
    for (const absl::string_view path : view_.ValuesOf(product_, {Property::Kind::kCategory, ""})) {
      if (path.size() > deepest.size()) deepest = path;
    }
    if (deepest.empty()) return {};
    const MatchSet set = InStock(Filter::AnyOf({Property::Kind::kCategory, ""}, {std::string(deepest)}));
    if (vectors_ == nullptr) return MostWanted(set);
    std::vector<uint64_t> rows;
    for (uint32_t part = 0; part < set.parts.size(); ++part) {
      ForEachBit(set.parts[part].bits, [&](uint32_t doc) {
        const uint32_t row = view_.Row({part, doc});
        if (rows.size() <= row / 64) rows.resize(row / 64 + 1);
        SetBit(absl::MakeSpan(rows), row);
      });
    }
    const auto nearest = vectors_->Nearest(vector_, options_.candidates, &rows);
    if (!nearest.ok()) return MostWanted(set);
    std::vector<DocRef> docs;
    for (const VectorHit& hit : *nearest) {
      if (const auto doc = view_.FindRow(hit.row)) docs.push_back(*doc);
    }
    return docs;
  }

  // 1 at the same price, 0 at the ratio or beyond; nothing where one is not known.
  std::optional<double> PriceNearness(DocRef doc) const {
    const double own = static_cast<double>(view_.Live(product_).price_micros);
    const double other = static_cast<double>(view_.Live(doc).price_micros);
    if (own <= 0 || other <= 0) return std::nullopt;
    return std::max(0.0, 1 - std::abs(std::log(other / own)) / std::log(options_.price_ratio));
  }

  std::vector<Found> Ranked(const std::vector<DocRef>& docs) const {
    std::vector<float> cosines(docs.size());
    std::vector<uint32_t> rows;
    for (const DocRef doc : docs) rows.push_back(view_.Row(doc));
    const bool near = vectors_ != nullptr && vectors_->Score(vector_, rows, absl::MakeSpan(cosines)).ok();
    std::vector<Found> found;
    for (size_t i = 0; i < docs.size(); ++i) {
      const std::optional<double> price = PriceNearness(docs[i]);
      if (docs[i] == product_ || price == 0.0) continue;
      double sum = price.value_or(0), known = price.has_value() ? 1 : 0;
      const Texts values = ValuesOf(docs[i]), title = TitleOf(docs[i]);
      if (near || !title_.empty() || !title.empty()) {
        sum += near ? std::clamp<double>(cosines[i], 0, 1) : Jaccard(title_, title);
        ++known;
      }
      if (!values_.empty() || !values.empty()) {
        sum += Jaccard(values_, values);
        ++known;
      }
      found.push_back({docs[i], known > 0 ? sum / known : 0});
    }
    std::sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
      return a.score != b.score ? a.score > b.score : view_.Sequence(a.doc) < view_.Sequence(b.doc);
    });
    return found;
  }

  const IndexView& view_;
  const DocRef product_;
  const SubstituteOptions options_;
  const std::vector<Property> properties_;
  Texts title_, values_;
  const VectorIndex* vectors_ = nullptr;  // null: there are none, or the title says nothing
  std::vector<float> vector_;
};

}  // namespace

std::vector<Found> FindSubstitutes(const EngineParts& parts, DocRef product, const SubstituteOptions& options) {
  return Finder(parts, product, options).Run();
}

}  // namespace kontor::search
