#include "services/search/opensearch_engine.h"

#include <limits>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "services/search/opensearch_gathering.h"

namespace kontor::search {
namespace {

constexpr int kVectorsUnknown = 0, kVectors = 1, kNoVectors = 2;
constexpr size_t kIdsAtOnce = 5'000;

// The deepest path of a product's category.
std::string CategoryOf(const IndexView& view, DocRef doc) {
  absl::string_view deepest;
  for (const absl::string_view path : view.ValuesOf(doc, {Property::Kind::kCategory, ""})) {
    if (path.size() > deepest.size()) deepest = path;
  }
  return std::string(deepest);
}

// A product's variants and its category, in stock.
std::string AlikeQuery(const IndexView& view, DocRef doc) {
  const std::string category = CategoryOf(view, doc);
  const std::string group(view.GroupId(doc));
  std::vector<std::string> alike;
  if (!group.empty()) alike.push_back(FilterQuery(Filter::AnyOf({Property::Kind::kGroup, ""}, {group})));
  if (!category.empty()) alike.push_back(FilterQuery(Filter::AnyOf({Property::Kind::kCategory, ""}, {category})));
  const double infinity = std::numeric_limits<double>::infinity();
  const Filter in_stock = Filter::Range({Property::Kind::kStock, ""}, std::numeric_limits<float>::min(), infinity);
  std::vector<std::string> clauses = AllowedQueries({});
  clauses.push_back(AnyOfQuery(alike));
  clauses.push_back(FilterQuery(in_stock));
  return AllOfQuery(clauses);
}

}  // namespace

absl::StatusOr<bool> OpenSearchEngine::HasVectors(const OpenSearchNode& node) const {
  const int known = vectors_.load(std::memory_order_relaxed);
  if (known != kVectorsUnknown) return known == kVectors;
  ASSIGN_OR_RETURN(const bool has, node.HasVectors());
  vectors_.store(has ? kVectors : kNoVectors, std::memory_order_relaxed);
  return has;
}

absl::StatusOr<EngineAnswer> OpenSearchEngine::Ask(const EngineParts& parts, const EngineSettings& settings,
                                                   const Question& question, absl::Time deadline) const {
  const OpenSearchNode node(client_, index_, base::StableHash(question.query), deadline);
  ASSIGN_OR_RETURN(const bool vectors, HasVectors(node));
  return OpenSearchGathering(node, parts, settings, question, vectors).Ask();
}

absl::StatusOr<Inspection> OpenSearchEngine::Inspect(const EngineParts& parts, const EngineSettings& settings,
                                                     const Question& question, absl::Span<const std::string> products,
                                                     absl::Time deadline) const {
  const OpenSearchNode node(client_, index_, base::StableHash(question.query), deadline);
  ASSIGN_OR_RETURN(const bool vectors, HasVectors(node));
  OpenSearchGathering gathering(node, parts, settings, question, vectors);
  ASSIGN_OR_RETURN(EngineAnswer answered, gathering.Ask());
  return gathering.Inspect(std::move(answered), products);
}

absl::StatusOr<std::vector<SlotFrequency>> OpenSearchEngine::Frequencies(const EngineParts&, const LexicalQuery& query,
                                                                         absl::Time deadline) const {
  ASSIGN_OR_RETURN(OpenSearchNode::Frequencies frequencies,
                   OpenSearchNode(client_, index_, 0, deadline).FrequenciesOf(query));
  return std::move(frequencies.slots);
}

absl::StatusOr<bool> OpenSearchEngine::Finds(const EngineParts&, const LexicalQuery& query,
                                             absl::Span<const Filter> filters, absl::Time deadline) const {
  std::vector<std::string> clauses = AllowedQueries(query);
  for (const Slot& slot : query.slots) clauses.push_back(SlotQuery(slot));
  for (const Filter& filter : filters) clauses.push_back(FilterQuery(filter));
  ASSIGN_OR_RETURN(const std::vector<uint64_t> counts,
                   OpenSearchNode(client_, index_, 0, deadline).Counts(AllOfQuery(clauses), {}));
  return counts[0] > 0;
}

absl::StatusOr<std::vector<std::string>> OpenSearchEngine::Missing(const EngineParts&,
                                                                   absl::Span<const std::string> products,
                                                                   absl::Time deadline) const {
  const OpenSearchNode node(client_, index_, 0, deadline);
  std::vector<std::string> missing;
  for (size_t begin = 0; begin < products.size(); begin += kIdsAtOnce) {
    const auto asked = products.subspan(begin, kIdsAtOnce);
    std::vector<std::string> clauses = AllowedQueries({});
    clauses.push_back(IdsQuery(asked));
    ASSIGN_OR_RETURN(const NodeHits known,
                     node.Search(absl::StrCat("{\"size\":", asked.size(),
                                              ",\"_source\":false,\"query\":", AllOfQuery(clauses), "}")));
    absl::flat_hash_set<std::string> ids;
    for (const NodeHit& hit : known.hits) ids.insert(hit.id);
    for (const std::string& product : asked) {
      if (!ids.contains(product)) missing.push_back(product);
    }
  }
  return missing;
}

absl::StatusOr<SearchEngine::Substitutes> OpenSearchEngine::SubstitutesFor(const EngineParts& parts,
                                                                           const EngineAnswer& answer,
                                                                           absl::Span<const DocRef> products,
                                                                           const SubstituteOptions& options,
                                                                           absl::Time deadline) const {
  const OpenSearchNode node(client_, index_, 0, deadline);
  NodeProducts gathered(*parts.reading.analyzer, *parts.view, 1);
  std::vector<std::string> own;
  for (const DocRef product : products) own.emplace_back(answer.view->Id(product));
  ASSIGN_OR_RETURN(const std::vector<NodeHit> themselves, node.Products(IdsQuery(own), own.size()));
  gathered.AddPart(themselves);
  for (const DocRef product : products) {
    const std::string body = absl::StrCat("{\"size\":", options.candidates, ",\"_source\":", kProductSource,
                                          R"(,"sort":[{"popularity":"desc"},{"seq":"asc"}],"query":)",
                                          AlikeQuery(*answer.view, product), "}");
    ASSIGN_OR_RETURN(const NodeHits alike, node.Search(body));
    gathered.AddPart(alike.hits);
  }
  EngineParts within = parts;
  within.meaning = nullptr;  // vectors are of another index
  within.view = gathered.View();
  Substitutes out;
  out.view = within.view;
  for (const std::string& id : own) {
    const auto doc = within.view->Find(id);
    out.found.push_back(doc.has_value() ? FindSubstitutes(within, *doc, options) : std::vector<Found>());
  }
  return out;
}

}  // namespace kontor::search
