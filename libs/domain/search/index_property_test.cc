#include "libs/domain/search/index_property.h"

namespace kontor::search {
namespace {

constexpr uint32_t kMassSteps = 63;

INSTANTIATE_TEST_SUITE_P(Seeds, IndexProperty, testing::Range<uint64_t>(1, 25));

TEST_P(IndexProperty, ProductsAreThoseOfTheShop) {
  EXPECT_EQ(view_->documents(), oracle_.products.size());
  double title_terms = 0;
  for (const auto& [id, entry] : oracle_.products) {
    const auto doc = view_->Find(id);
    ASSERT_TRUE(doc.has_value()) << id;
    EXPECT_EQ(view_->Title(*doc), entry.product.title);
    EXPECT_EQ(view_->GroupId(*doc), entry.product.group_id);
    EXPECT_EQ(view_->FindRow(view_->Row(*doc)), doc);
    const LiveValues live = view_->Live(*doc);
    EXPECT_EQ(live.price_micros, entry.live.price_micros) << id;
    EXPECT_EQ(live.stock, entry.live.stock);
    EXPECT_EQ(live.popularity, entry.live.popularity);
    EXPECT_EQ(live.margin_share, entry.live.margin_share);
    const auto terms = view_->TermsOf(*doc, Field::kTitle);
    EXPECT_EQ(std::vector<std::string>(terms.begin(), terms.end()), entry.runs.front().second);
    title_terms += static_cast<double>(terms.size());
  }
  EXPECT_DOUBLE_EQ(view_->average_length(Field::kTitle), title_terms / static_cast<double>(oracle_.products.size()));
}

TEST_P(IndexProperty, MatchesAreThoseOfEveryProductLookedAt) {
  for (int i = 0; i < 60; ++i) {
    const LexicalQuery query = shop_->Query();
    const std::vector<Filter> filters = Filters();
    ASSERT_TRUE(Validate(query).ok());
    ASSERT_TRUE(Validate(filters).ok());
    const PreparedQuery prepared(*view_, query);
    Ids all, any;
    for (const auto& [id, entry] : oracle_.products) {
      if (!Oracle::Allowed(entry, query) || !Oracle::PassesAll(entry, filters)) continue;
      size_t matched = 0;
      for (const Slot& slot : query.slots) matched += Oracle::Matches(entry, slot) ? 1 : 0;
      if (matched == query.slots.size()) all.insert(id);
      if (matched > 0 || query.slots.empty()) any.insert(id);
    }
    const MatchSet of_all = Match(prepared, filters, {MatchPolicy::kAll, 1});
    EXPECT_EQ(IdsOf(of_all), all);
    EXPECT_EQ(of_all.count, all.size());
    const MatchSet of_any = Match(prepared, filters, {MatchPolicy::kAny, 1});
    EXPECT_EQ(IdsOf(of_any), any);
    EXPECT_EQ(of_any.count, any.size());
  }
}

TEST_P(IndexProperty, MostTakesInWhatMissesALittleMore) {
  for (int i = 0; i < 60; ++i) {
    const LexicalQuery query = shop_->Query();
    const std::vector<Filter> filters = Filters();
    const PreparedQuery prepared(*view_, query);
    double most = 0;
    for (const auto& slot : prepared.slots()) {
      if (slot.document_frequency > 0) most = std::max(most, static_cast<double>(slot.weight) * slot.idf);
    }
    std::vector<uint32_t> masses;
    uint32_t total = 0, known = 0;
    for (const auto& slot : prepared.slots()) {
      const auto mass =
          static_cast<uint32_t>(std::lround(slot.weight * static_cast<double>(slot.idf) / most * kMassSteps));
      masses.push_back(slot.document_frequency == 0 ? 0 : std::max(mass, 1U));
      total += masses.back();
      known += masses.back() > 0 ? 1 : 0;
    }
    const uint64_t enough = shop_->random.Below(30) + 1;
    const MatchSet set = Match(prepared, filters, {MatchPolicy::kMost, enough});
    Ids expected;
    uint64_t count_all = 0;
    for (uint32_t level = 0; level < std::max(known, 1U); ++level) {
      expected.clear();
      for (const auto& [id, entry] : oracle_.products) {
        if (!Oracle::Allowed(entry, query) || !Oracle::PassesAll(entry, filters)) continue;
        uint32_t mass = 0;
        for (size_t s = 0; s < masses.size(); ++s) mass += Oracle::Matches(entry, query.slots[s]) ? masses[s] : 0;
        const bool last = level > 0 && level + 1 >= known;
        const bool in = query.slots.empty() || (last ? mass > 0 : mass > 0 && mass >= total - total * level / known);
        if (in) expected.insert(id);
      }
      if (level == 0) count_all = expected.size();
      if (expected.size() >= enough || level + 1 >= known) {
        EXPECT_EQ(set.level, level);
        break;
      }
    }
    EXPECT_EQ(IdsOf(set), expected);
    EXPECT_EQ(set.count, expected.size());
    EXPECT_EQ(set.count_all, count_all);
  }
}

TEST_P(IndexProperty, FacetsLeaveOutTheirOwnClauses) {
  for (int i = 0; i < 40; ++i) {
    const LexicalQuery query = shop_->Query();
    const std::vector<Filter> filters = Filters();
    const PreparedQuery prepared(*view_, query);
    const MatchSet set = Match(prepared, filters, {MatchPolicy::kAny, 1});
    FacetSpec spec;
    spec.property = shop_->TextProperty();
    spec.limit = 1000;
    if (spec.property.kind == Property::Kind::kCategory && i % 2 == 0) spec.path = {"c1"};
    if (i % 3 == 0) spec.prefix = i % 2 == 0 ? "B" : "w";
    ASSERT_TRUE(Validate(absl::MakeConstSpan(&spec, 1)).ok());
    const Facet facet = CountFacets(*view_, set, {spec}).front();
    std::map<std::string, uint64_t> counts;
    uint64_t documents = 0;
    for (const auto& [id, entry] : oracle_.products) {
      bool in = Oracle::Allowed(entry, query) &&
                (query.slots.empty() || std::any_of(query.slots.begin(), query.slots.end(),
                                                    [&](const Slot& slot) { return Oracle::Matches(entry, slot); }));
      for (const Filter& filter : filters) {
        const auto properties = PropertiesOf(filter);
        const bool own = properties.size() == 1 && properties.front() == spec.property;
        in &= own || Oracle::Passes(entry, filter);
      }
      const std::vector<std::string> values = Oracle::Values(entry, spec.property);
      if (!in || values.empty()) continue;
      ++documents;
      for (const std::string& value : values) {
        std::string last = value;
        if (spec.property.kind == Property::Kind::kCategory) {
          std::vector<std::string> path = CategoryPath(value);
          last = path.back();
          path.pop_back();
          if (path != spec.path) continue;
        }
        if (last.substr(0, spec.prefix.size()) == spec.prefix) ++counts[value];
      }
    }
    EXPECT_EQ(facet.documents, documents);
    EXPECT_EQ(facet.distinct, counts.size());
    ASSERT_EQ(facet.values.size(), counts.size());
    for (size_t v = 0; v < facet.values.size(); ++v) {
      EXPECT_EQ(facet.values[v].count, counts[facet.values[v].value]) << facet.values[v].value;
      EXPECT_GE(facet.values[v > 0 ? v - 1 : 0].count, facet.values[v].count);
    }
  }
}

TEST_P(IndexProperty, SortedPagesAreTheWholeOrderOnce) {
  for (int i = 0; i < 40; ++i) {
    const PreparedQuery prepared(*view_, shop_->Query());
    const MatchSet set = Match(prepared, Filters(), {MatchPolicy::kAny, 1});
    const SortSpec sort{shop_->NumberProperty(), i % 2 == 0};
    ASSERT_TRUE(Validate(sort, 7).ok());
    std::vector<std::pair<std::tuple<bool, double, uint64_t>, std::string>> expected;
    for (const std::string& id : IdsOf(set)) {
      const Oracle::Entry& entry = oracle_.products.at(id);
      const std::vector<double> numbers = Oracle::Numbers(entry, sort.property);
      const double key = numbers.empty() ? 0 : *std::min_element(numbers.begin(), numbers.end());
      expected.push_back({{numbers.empty(), sort.descending ? -key : key, view_->Sequence(*view_->Find(id))}, id});
    }
    std::sort(expected.begin(), expected.end());
    std::optional<SortPosition> after;
    size_t rank = 0;
    for (auto page = SortedPage(*view_, set, sort, 7, after); !page.empty();
         page = SortedPage(*view_, set, sort, 7, after)) {
      for (const SortedHit& hit : page) ASSERT_EQ(view_->Id(hit.doc), expected[rank++].second);
      after = page.back().position;
    }
    EXPECT_EQ(rank, expected.size());

    Ids groups;
    std::vector<std::string> firsts;
    for (const auto& [key, id] : expected) {
      const std::string group = oracle_.products.at(id).product.group_id;
      if (groups.insert(group.empty() ? "own " + id : group).second) firsts.push_back(id);
    }
    EXPECT_EQ(CountGroups(*view_, set), groups.size());
    after = std::nullopt;
    rank = 0;
    for (auto page = SortedGroups(*view_, set, sort, 5, after); !page.empty();
         page = SortedGroups(*view_, set, sort, 5, after)) {
      for (const SortedHit& hit : page) ASSERT_EQ(view_->Id(hit.doc), firsts[rank++]);
      after = page.back().position;
    }
    EXPECT_EQ(rank, firsts.size());
  }
}

TEST_P(IndexProperty, RangesCountNumbers) {
  for (int i = 0; i < 30; ++i) {
    const PreparedQuery prepared(*view_, shop_->Query());
    const MatchSet set = Match(prepared, {}, {MatchPolicy::kAny, 1});
    RangeSpec spec;
    spec.property = shop_->NumberProperty();
    if (i % 2 == 0) spec.boundaries = {1, 3, 1e6, 2e7};
    spec.buckets = 4;
    ASSERT_TRUE(Validate(absl::MakeConstSpan(&spec, 1)).ok());
    const RangeFacet facet = CountRanges(*view_, set, {spec}).front();
    std::vector<double> numbers;
    uint64_t unknown = 0;
    for (const std::string& id : IdsOf(set)) {
      const std::vector<double> own = Oracle::Numbers(oracle_.products.at(id), spec.property);
      numbers.insert(numbers.end(), own.begin(), own.end());
      unknown += own.empty() ? 1 : 0;
    }
    EXPECT_EQ(facet.count, numbers.size());
    EXPECT_EQ(facet.unknown, unknown);
    if (numbers.empty()) continue;
    EXPECT_EQ(facet.least, *std::min_element(numbers.begin(), numbers.end()));
    EXPECT_EQ(facet.most, *std::max_element(numbers.begin(), numbers.end()));
    uint64_t sum = 0;
    for (const RangeBucket& bucket : facet.buckets) {
      const auto in = std::count_if(numbers.begin(), numbers.end(),
                                    [&](double number) { return number >= bucket.low && number < bucket.high; });
      EXPECT_EQ(bucket.count, in);
      sum += bucket.count;
    }
    EXPECT_EQ(sum, numbers.size());
  }
}

}  // namespace
}  // namespace kontor::search
