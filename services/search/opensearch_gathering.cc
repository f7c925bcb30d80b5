#include "services/search/opensearch_gathering.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/domain/search/index_scoring.h"

namespace kontor::search {
namespace {

constexpr char kBestFirst[] = R"([{"_score":"desc"},{"seq":"asc"}])";
constexpr char kByGroup[] = R"("collapse":{"field":"group"})";
constexpr uint64_t kGroupsReached = 10'000;  // a node's max_result_window
constexpr int kGroupsExact = 40'000;

std::vector<std::string> With(std::vector<std::string> clauses, absl::Span<const std::string> more) {
  clauses.insert(clauses.end(), more.begin(), more.end());
  return clauses;
}

// The whole list without its doubles, in its order.
void AddNew(const std::vector<NodeHit>& from, std::vector<NodeHit>& into) {
  absl::flat_hash_set<std::string> seen;
  for (const NodeHit& hit : into) seen.insert(hit.id);
  for (const NodeHit& hit : from) {
    if (seen.insert(hit.id).second) into.push_back(hit);
  }
}

}  // namespace

OpenSearchGathering::OpenSearchGathering(const OpenSearchNode& node, const EngineParts& parts,
                                         const EngineSettings& settings, const Question& question, bool vectors)
    : node_(node), parts_(parts), settings_(settings), question_(question), has_vectors_(vectors) {
  prepared_ = Prepare(parts, question);
  facets_.facets = Facets();
  facets_.ranges = question.ranges;
  SplitFilters();
}

// Those asked for and, learned from the sample, those by which this result is best narrowed.
std::vector<FacetSpec> OpenSearchGathering::Facets() const {
  std::vector<FacetSpec> facets = question_.facets;
  if (question_.useful_facets == 0) return facets;
  const PreparedQuery query(*parts_.view, lexical());
  MatchSet sample = Match(query, prepared_.filters, question_.match);
  if (sample.count == 0) sample = MatchSet::All(*parts_.view);
  if (sample.count == 0) return facets;
  for (const FacetUse& use : UsefulFacets(*parts_.view, sample, question_.useful_facets)) {
    const auto same = [&](const FacetSpec& spec) { return spec.property == use.property; };
    if (std::none_of(facets.begin(), facets.end(), same)) facets.push_back({use.property});
  }
  return facets;
}

void OpenSearchGathering::SplitFilters() {
  const auto left_out = [&](const Filter& filter) {
    const std::vector<Property> of = PropertiesOf(filter);
    const auto own = [&](const auto& spec) { return of.size() == 1 && of[0] == spec.property; };
    return std::any_of(facets_.facets.begin(), facets_.facets.end(), own) ||
           std::any_of(facets_.ranges.begin(), facets_.ranges.end(), own);
  };
  for (const Filter& filter : prepared_.filters) {
    if (left_out(filter)) {
      facets_.filters.push_back(filter);
      outside_.push_back(FilterQuery(filter));
    } else {
      inside_.push_back(FilterQuery(filter));
    }
  }
}

std::string OpenSearchGathering::Words(const WordsLevel& level) const {
  return WordsQuery(lexical(), masses_, level, question_.match.policy == MatchPolicy::kAll);
}

std::vector<std::string> OpenSearchGathering::Set(const WordsLevel& level) const {
  std::vector<std::string> clauses = AllowedQueries(lexical());
  const std::vector<std::string> more = With(neighbours_, prepared_.pinned);
  clauses.push_back(more.empty() ? Words(level) : AnyOfQuery({Words(level), IdsQuery(more)}));
  return clauses;
}

std::string OpenSearchGathering::SetQuery() const { return AllOfQuery(With(Set(level_), inside_)); }

absl::Status OpenSearchGathering::Count() {
  frequencies_.documents = 1;  // no word's frequency is weighed by it
  if (!lexical().slots.empty()) {
    ASSIGN_OR_RETURN(frequencies_, node_.FrequenciesOf(lexical()));
  }
  std::vector<PreparedQuery::PreparedSlot> slots;
  for (size_t i = 0; i < frequencies_.slots.size(); ++i) {
    PreparedQuery::PreparedSlot& slot = slots.emplace_back();
    slot.weight = lexical().slots[i].weight;
    slot.document_frequency = frequencies_.slots[i].document_frequency;
    slot.idf = frequencies_.slots[i].idf;
    set_.document_frequencies.push_back(slot.document_frequency);
    dropped_ += slot.document_frequency == 0 ? 1 : 0;
  }
  masses_ = SlotMasses(slots);
  if (question_.match.policy == MatchPolicy::kAny) {
    level_.kind = WordsLevel::Kind::kAny;
    dropped_ += std::max<uint32_t>(Known(), 1) - 1;
  }
  return absl::OkStatus();
}

std::string OpenSearchGathering::Aggregations() const {
  std::vector<std::string> members;
  const std::string facets = FacetAggregations(facets_);
  if (!facets.empty()) members.push_back(facets);
  const auto count = [&](absl::string_view name, const WordsLevel& level) {
    members.push_back(absl::StrCat("\"", name, "\":{\"filter\":", AllOfQuery(With({Words(level)}, outside_)), "}"));
  };
  count("words", level_);
  count("all_words", {});
  if (question_.group_variants) {
    members.push_back(absl::StrCat("\"groups\":{\"filter\":", AllOfQuery(outside_),
                                   R"(,"aggs":{"n":{"cardinality":{"field":"group","precision_threshold":)",
                                   kGroupsExact, "}}}}"));
  }
  return absl::StrCat("\"aggs\":{", absl::StrJoin(members, ","), "}");
}

std::string OpenSearchGathering::Body(size_t size, const std::string& order, const std::string& paging,
                                      bool counts) const {
  std::vector<std::string> members = {absl::StrCat("\"size\":", size), absl::StrCat("\"_source\":", kProductSource),
                                      absl::StrCat("\"track_total_hits\":", counts ? "true" : "false"),
                                      absl::StrCat("\"sort\":", order)};
  members.push_back(absl::StrCat("\"query\":", question_.sort.has_value()
                                                   ? SetQuery()
                                                   : ScoredQuery(lexical(), settings_, question_.now_us, SetQuery())));
  if (!outside_.empty()) members.push_back(absl::StrCat("\"post_filter\":", AllOfQuery(outside_)));
  if (question_.group_variants) members.emplace_back(kByGroup);
  if (!paging.empty()) members.push_back(paging);
  if (counts) members.push_back(Aggregations());
  return absl::StrCat("{", absl::StrJoin(members, ","), "}");
}

absl::Status OpenSearchGathering::Find(size_t hits) {
  std::string order = kBestFirst, paging;
  if (question_.sort.has_value()) {
    order = SortClause(*question_.sort);
    if (question_.cursor.has_value() && question_.group_variants) {
      paging = absl::StrCat("\"from\":", std::min<uint64_t>(question_.cursor->offset, kGroupsReached - hits));
    } else if (question_.cursor.has_value()) {
      paging = absl::StrCat("\"search_after\":", SortedAfter(*question_.sort, question_.cursor->after_sort));
    }
  }
  ASSIGN_OR_RETURN(NodeHits answer, node_.Search(Body(hits, order, paging, true)));
  set_.total = answer.total;
  best_ = std::move(answer.hits);
  return ReadCounts(answer);
}

uint32_t OpenSearchGathering::Known() const {
  return static_cast<uint32_t>(std::count_if(masses_.begin(), masses_.end(), [](uint32_t mass) { return mass > 0; }));
}

bool OpenSearchGathering::EnoughWords() const {
  return question_.match.policy != MatchPolicy::kMost || Known() < 2 || words_ >= question_.match.enough;
}

absl::Status OpenSearchGathering::ChooseLevel() {
  const uint32_t known = Known();
  const uint32_t total = std::accumulate(masses_.begin(), masses_.end(), 0U);
  const std::string within = AllOfQuery(With(With(AllowedQueries(lexical()), inside_), outside_));
  // The smallest level that has enough: a larger one has them all and more. known − 1 takes any word.
  uint32_t low = 1, high = known - 1;
  while (low < high) {
    const uint32_t level = low + (high - low) / 2;
    const WordsLevel tried{WordsLevel::Kind::kLeast, total - total * level / known};
    ASSIGN_OR_RETURN(const std::vector<uint64_t> counts, node_.Counts(AllOfQuery({within, Words(tried)}), {}));
    if (counts[0] < question_.match.enough) {
      low = level + 1;
    } else {
      high = level;
    }
  }
  dropped_ += low;
  level_ = {WordsLevel::Kind::kLeast, total - total * low / known};
  if (low == known - 1) level_ = {WordsLevel::Kind::kAny, 0};
  return absl::OkStatus();
}

absl::Status OpenSearchGathering::JoinNeighbours() {
  set_.vectors = VectorsOf(parts_, question_, prepared_.reading);
  if (!has_vectors_) set_.vectors.sentence.clear();
  if (set_.vectors.sentence.empty() || set_.all_words >= settings_.window) return absl::OkStatus();
  const std::string within = AllOfQuery(With(With(AllowedQueries(lexical()), inside_), outside_));
  ASSIGN_OR_RETURN(const std::vector<OpenSearchNode::Near> near,
                   node_.Nearest(set_.vectors.sentence, settings_.neighbours, within));
  if (!near.empty()) set_.vectors.best_cosine = near[0].cosine;
  for (const OpenSearchNode::Near& product : near) {
    if (product.cosine >= settings_.least_sentence_cosine) neighbours_.push_back(product.id);
  }
  return absl::OkStatus();
}

absl::StatusOr<EngineAnswer> OpenSearchGathering::Ask() {
  const bool sorted = question_.sort.has_value();
  const size_t hits = sorted ? question_.page_size : settings_.window;
  RETURN_IF_ERROR(Count());
  RETURN_IF_ERROR(Find(hits));
  const bool level = !EnoughWords();
  if (level) RETURN_IF_ERROR(ChooseLevel());
  RETURN_IF_ERROR(JoinNeighbours());
  if (level || !neighbours_.empty()) RETURN_IF_ERROR(Find(hits));
  RETURN_IF_ERROR(FindFacetBoundaries());
  set_.dropped_words = std::min<uint32_t>(dropped_, static_cast<uint32_t>(lexical().slots.size()));
  products_ = std::make_unique<NodeProducts>(*parts_.reading.analyzer, *parts_.view, frequencies_.documents);
  return sorted ? SortedAnswer() : RankedAnswer();
}

absl::StatusOr<EngineAnswer> OpenSearchGathering::SortedAnswer() {
  EngineAnswer out;
  Answer& answer = out.answer;
  answer.plan = prepared_.plan;
  answer.reading = prepared_.reading;
  answer.filters = prepared_.filters;
  answer.total = set_.total;
  answer.all_words = set_.all_words;
  answer.dropped_words = set_.dropped_words;
  answer.facets = std::move(set_.facets);
  answer.ranges = std::move(set_.ranges);
  const uint64_t from = question_.cursor.has_value() ? question_.cursor->offset : 0;
  const std::vector<DocRef> docs = products_->AddPart(best_);
  out.view = products_->View();
  if (question_.group_variants && from >= kGroupsReached - question_.page_size) return out;
  for (const DocRef doc : docs) answer.page.push_back({doc});
  const uint64_t end = from + docs.size();
  if (docs.empty() || end >= answer.total) return out;
  const NodeHit& last = best_.back();
  const double key = last.sort.empty() ? 0 : last.sort[0];
  const bool unknown = std::isinf(key);
  answer.next = Cursor{end, {}, {unknown ? 0 : key, unknown, last.sequence}};
  return out;
}

absl::StatusOr<std::vector<NodeHit>> OpenSearchGathering::Extras() {
  const std::vector<std::string> wanted = With(neighbours_, prepared_.pinned);
  if (wanted.empty()) return std::vector<NodeHit>();
  return node_.Products(AllOfQuery(With(With(AllowedQueries(lexical()), inside_), With(outside_, {IdsQuery(wanted)}))),
                        wanted.size());
}

absl::Status OpenSearchGathering::SetCosines(const std::vector<NodeHit>& hits, const IndexView& view,
                                             absl::Span<const DocRef> docs) {
  QueryVectors& vectors = set_.vectors;
  if (!vectors.sentence.empty()) {
    absl::flat_hash_map<std::string, uint32_t> rows;
    std::vector<std::string> ids;
    for (const NodeHit& hit : hits) {
      rows.emplace(hit.id, static_cast<uint32_t>(ids.size()));
      ids.push_back(hit.id);
    }
    ASSIGN_OR_RETURN(const std::vector<OpenSearchNode::Near> near, node_.Cosines(vectors.sentence, ids));
    vectors.sentence_cosines.assign(hits.size(), 0);
    for (const OpenSearchNode::Near& product : near) {
      const auto row = rows.find(product.id);
      if (row != rows.end()) vectors.sentence_cosines[row->second] = product.cosine;
    }
  }
  if (vectors.catalogue.empty()) return absl::OkStatus();
  vectors.catalogue_cosines.assign(hits.size(), 0);
  std::vector<float> title(vectors.catalogue.size());
  for (size_t i = 0; i < docs.size(); ++i) {
    std::vector<WeighedTerm> terms;
    for (const absl::string_view term : view.TermsOf(docs[i], Field::kTitle)) terms.push_back({term, 1});
    if (!parts_.meaning->catalogue->Encode(terms, absl::MakeSpan(title)).ok()) continue;
    vectors.catalogue_cosines[i] = std::inner_product(title.begin(), title.end(), vectors.catalogue.begin(), 0.0F);
  }
  return absl::OkStatus();
}

EngineParts OpenSearchGathering::WindowParts() const {
  EngineParts parts = parts_;
  parts.view = window_;
  return parts;
}

// All that was gathered is ranked again.
EngineSettings OpenSearchGathering::WindowSettings() const {
  EngineSettings settings = settings_;
  settings.window += neighbours_.size() + prepared_.pinned.size();
  return settings;
}

absl::StatusOr<EngineAnswer> OpenSearchGathering::RankedAnswer() {
  ASSIGN_OR_RETURN(const std::vector<NodeHit> extras, Extras());
  std::vector<NodeHit> gathered = best_;
  AddNew(extras, gathered);
  const std::vector<DocRef> docs = products_->AddPart(gathered);
  window_ = products_->View();
  RETURN_IF_ERROR(SetCosines(gathered, *window_, docs));
  GatheredAnswer answer = AskGathered(WindowParts(), WindowSettings(), question_, prepared_, set_);
  RETURN_IF_ERROR(AddTail(best_.size() < settings_.window, answer));
  return EngineAnswer{std::move(answer.answer), products_->View()};
}

// Behind the window by words alone, without what the window has.
absl::Status OpenSearchGathering::AddTail(bool whole, GatheredAnswer& gathered) {
  Answer& answer = gathered.answer;
  const Cursor from = question_.cursor.value_or(Cursor());
  const bool groups = question_.group_variants;
  RankPosition at = from.after_rank;  // of groups: how many of the node's list were passed
  if (from.offset <= gathered.listed.size()) {
    at = best_.empty() ? RankPosition() : RankPosition{best_.back().score, best_.back().sequence};
    if (groups) at = {0, best_.size()};
  }
  const absl::flat_hash_set<std::string> shown(gathered.listed.begin(), gathered.listed.end());
  std::vector<NodeHit> tail;
  while (!whole && answer.page.size() + tail.size() < question_.page_size) {
    const size_t size = question_.page_size - answer.page.size() - tail.size() + 1;
    if (groups && at.sequence + size > kGroupsReached) break;
    const std::string paging = groups ? absl::StrCat("\"from\":", at.sequence)
                                      : absl::StrCat("\"search_after\":[", JsonNumber(at.score), ",", at.sequence, "]");
    ASSIGN_OR_RETURN(const NodeHits next, node_.Search(Body(size, kBestFirst, paging, false)));
    if (next.hits.empty()) break;
    for (size_t i = 0; i < next.hits.size() && answer.page.size() + tail.size() < question_.page_size; ++i) {
      const NodeHit& hit = next.hits[i];
      at = groups ? RankPosition{0, at.sequence + 1} : RankPosition{hit.score, hit.sequence};
      if (!shown.contains(GroupKey(hit.id, hit.product.group_id, groups))) tail.push_back(hit);
    }
  }
  const std::vector<DocRef> docs = products_->AddPart(tail);
  for (size_t i = 0; i < docs.size(); ++i) answer.page.push_back({docs[i], tail[i].score});
  const uint64_t end = from.offset + answer.page.size();
  if (!answer.page.empty() && end < answer.total) answer.next = Cursor{end, at, {}};
  return absl::OkStatus();
}

absl::StatusOr<Inspection> OpenSearchGathering::Inspect(EngineAnswer answered, absl::Span<const std::string> products) {
  Inspection out;
  out.document_frequencies = set_.document_frequencies;
  if (answered.answer.effort == Effort::kLearned) {
    out.rows = RowsForGathered(WindowParts(), WindowSettings(), question_, prepared_, set_);
  }
  if (!products.empty()) {
    ASSIGN_OR_RETURN(const std::vector<NodeHit> known,
                     node_.Products(AllOfQuery(With(AllowedQueries({}), {IdsQuery(products)})), products.size()));
    products_->AddPart(known);
    const std::string within = AllOfQuery(With({SetQuery(), IdsQuery(products)}, outside_));
    ASSIGN_OR_RETURN(const std::vector<NodeHit> members, node_.Products(within, products.size()));
    absl::flat_hash_set<std::string> ids;
    for (const NodeHit& hit : members) ids.insert(hit.id);
    for (const std::string& product : products) out.members.push_back(ids.contains(product));
  }
  answered.view = products_->View();
  out.answered = std::move(answered);
  return out;
}

}  // namespace kontor::search
