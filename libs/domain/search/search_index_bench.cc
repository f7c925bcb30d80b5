// The index alone: building, the page of a shop's search (top 10, exact count, facets), the plain top 10, memory.
//
//   search_index_bench N [TITLES.csv JUDGEMENTS.csv]
//
// makes N products out of the titles (product_uid,product_title; without them of random words) by a seeded generator,
// and asks the judgements' queries (product_uid,search_term,relevance). With the files it also measures nDCG@10 of
// plain BM25 over the titles as they are.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "libs/base/csv.h"
#include "libs/base/random.h"
#include "libs/domain/search/facet.h"
#include "libs/domain/search/index.h"
#include "libs/domain/search/index_top.h"
#include "libs/domain/stats/latency_histogram.h"

namespace kontor::search {
namespace {

constexpr size_t kBatch = 1000, kQueries = 1000, kSample = 20'000;

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Corpus {
  std::vector<std::string> ids, titles, queries;
  std::vector<std::map<std::string, double>> relevance;  // by query: id → relevance
};

Corpus RandomCorpus() {
  Corpus corpus;
  base::Random random(1);
  const auto words = [&](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      text += "w" + std::to_string(static_cast<int>(std::pow(20000.0, random.Uniform()))) + " ";
    }
    return text;
  };
  for (int i = 0; i < 50'000; ++i) {
    corpus.ids.push_back(std::to_string(i));
    corpus.titles.push_back(words(4 + random.Below(12)));
  }
  for (int i = 0; i < 5'000; ++i) corpus.queries.push_back(words(1 + random.Below(5)));
  return corpus;
}

Corpus ReadCorpus(const char* titles, const char* judgements) {
  Corpus corpus;
  base::CsvReader products = base::CsvReader::Open(titles).value();
  for (products.Next(); products.Next();) {
    corpus.ids.emplace_back(products.fields()[0]);
    corpus.titles.emplace_back(products.fields()[1]);
  }
  base::CsvReader rows = base::CsvReader::Open(judgements).value();
  std::map<std::string, size_t> places;
  for (rows.Next(); rows.Next();) {
    const auto [place, added] = places.try_emplace(std::string(rows.fields()[1]), corpus.queries.size());
    if (added) corpus.queries.emplace_back(rows.fields()[1]);
    if (added) corpus.relevance.emplace_back();
    corpus.relevance[place->second][std::string(rows.fields()[0])] = std::atof(std::string(rows.fields()[2]).c_str());
  }
  return corpus;
}

LexicalQuery QueryOf(const text::Analyzer& analyzer, const std::string& query) {
  std::vector<text::Token> tokens;
  analyzer.Analyze(query, tokens);
  LexicalQuery lexical;
  for (const text::Token& token : tokens) {
    if (token.extra && !lexical.slots.empty()) {
      lexical.slots.back().alternatives.push_back({{token.term}, .5F});
    } else if (lexical.slots.size() < kMaxSlots) {
      lexical.slots.push_back({{{{token.term}, 1}}, 1, false});
    }
  }
  return lexical;
}

std::string FirstWord(const std::string& title) { return title.substr(0, title.find(' ')); }

// A product like the shop's: a title with a word or two of another, the first word as brand, a category of three levels
// by its last words, six attributes.
Upsertion MakeProduct(const Corpus& corpus, size_t i) {
  base::Random random(i + 1);
  const std::string& title = corpus.titles[random.Below(corpus.titles.size())];
  const std::string& other = corpus.titles[random.Below(corpus.titles.size())];
  Upsertion upsertion;
  Product& product = upsertion.product;
  product.id = "p" + std::to_string(i);
  product.title = title + " " + FirstWord(other) + "-" + std::to_string(random.Below(1000));
  product.brand = FirstWord(title);
  const size_t kind = std::hash<std::string>()(title.substr(title.rfind(' ') + 1)) % 1000;
  product.category_path = {"Department " + std::to_string(kind % 12), "Aisle " + std::to_string(kind % 96),
                           "Shelf " + std::to_string(kind)};
  static const char* const kColours[] = {"White",           "Black", "Chrome", "Brown",
                                         "Stainless Steel", "Green", "Red",    "Blue"};
  static const char* const kMaterials[] = {"Steel", "Wood", "Plastic", "Brass", "Ceramic", "Aluminum"};
  product.attributes.push_back({"Colour", kColours[random.Below(random.Below(8) + 1)], 0, false});
  product.attributes.push_back({"Material", kMaterials[random.Below(random.Below(6) + 1)], 0, false});
  for (const char* name : {"Width", "Height", "Weight"}) {
    const auto number = static_cast<double>(random.Below(120)) / 4;
    product.attributes.push_back({name, std::to_string(number).substr(0, 5) + " in", number, true});
  }
  product.attributes.push_back({"Warranty", std::to_string(random.Below(6)) + " years", 0, false});
  product.codes = {"SC" + std::to_string(random.Below(10'000'000))};
  product.available_at_us = 1'600'000'000'000'000 + static_cast<int64_t>(random.Below(1'000'000'000'000));
  upsertion.live = LiveValues{static_cast<int64_t>(random.Below(500)) * 990'000, static_cast<float>(random.Below(20)),
                              static_cast<float>(random.Below(random.Below(1000) + 1)), .3F};
  return upsertion;
}

void Plain(const text::Analyzer& analyzer, const Corpus& corpus, Index& index) {
  std::vector<Upsertion> batch;
  for (size_t i = 0; i < corpus.titles.size(); ++i) {
    Upsertion& upsertion = batch.emplace_back();
    upsertion.product.id = corpus.ids[i];
    upsertion.product.title = corpus.titles[i];
    upsertion.product.brand = FirstWord(corpus.titles[i]);
  }
  const double start = Seconds(CLOCK_MONOTONIC);
  if (!index.Upsert(batch).ok()) std::abort();
  index.Commit();
  index.MergeAll();
  std::printf("titles        %zu in %.2f s, %.1f MB\n", corpus.titles.size(), Seconds(CLOCK_MONOTONIC) - start,
              static_cast<double>(index.View()->Bytes()) / 1e6);
}

// nDCG@10 with gain = relevance - 1, over the queries that have any.
void Quality(const text::Analyzer& analyzer, const Corpus& corpus, const IndexView& view) {
  double sum = 0;
  size_t judged = 0;
  for (size_t q = 0; q < corpus.relevance.size(); ++q) {
    std::vector<double> ideal;
    for (const auto& [id, relevance] : corpus.relevance[q]) ideal.push_back(relevance - 1);
    std::sort(ideal.rbegin(), ideal.rend());
    double best = 0, gain = 0;
    for (size_t i = 0; i < std::min<size_t>(ideal.size(), 10); ++i) best += ideal[i] / std::log2(i + 2.0);
    if (best == 0) continue;
    const PreparedQuery prepared(view, QueryOf(analyzer, corpus.queries[q]));
    const std::vector<Hit> hits = TopAny(prepared, {});
    for (size_t i = 0; i < hits.size(); ++i) {
      const auto found = corpus.relevance[q].find(std::string(view.Id(hits[i].doc)));
      if (found != corpus.relevance[q].end()) gain += (found->second - 1) / std::log2(i + 2.0);
    }
    sum += gain / best;
    ++judged;
  }
  if (judged > 0) std::printf("nDCG@10       %.4f of %zu queries\n", sum / static_cast<double>(judged), judged);
}

template <typename F>
void Time(const char* name, const text::Analyzer& analyzer, const Corpus& corpus, const IndexView& view, F run) {
  stats::LatencyHistogram wall;
  base::Random random(7);
  std::vector<std::string> sample;
  for (size_t i = 0; i < kQueries; ++i) sample.push_back(corpus.queries[random.Below(corpus.queries.size())]);
  size_t found = 0;
  for (size_t i = 0; i < 100; ++i) found += run(PreparedQuery(view, QueryOf(analyzer, sample[i])));
  found = 0;
  const double cpu = Seconds(CLOCK_THREAD_CPUTIME_ID);
  for (const std::string& query : sample) {
    const double start = Seconds(CLOCK_THREAD_CPUTIME_ID);
    found += run(PreparedQuery(view, QueryOf(analyzer, query)));
    wall.Record(static_cast<int64_t>((Seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9));
  }
  const double mean = (Seconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / kQueries;
  std::printf("%-34s CPU us mean %7.1f p50 %7.1f p99 %8.1f   %7.0f/s   found %.0f\n", name, mean * 1e6,
              static_cast<double>(wall.Quantile(.5)) / 1e3, static_cast<double>(wall.Quantile(.99)) / 1e3, 1 / mean,
              static_cast<double>(found) / kQueries);
}

void Ask(const text::Analyzer& analyzer, const Corpus& corpus, const IndexView& view, const TopOptions& options,
         absl::Span<const FacetSpec> facets) {
  Time("top 10 of any", analyzer, corpus, view,
       [&](const PreparedQuery& query) { return TopAny(query, options).size(); });
  for (const MatchPolicy policy : {MatchPolicy::kMost, MatchPolicy::kAny}) {
    const bool any = policy == MatchPolicy::kAny;
    Time(any ? "count of any" : "count of most", analyzer, corpus, view, [&](const PreparedQuery& query) {
      return Match(query, {}, {policy, 10}).count;
    });
    Time(any ? "top 10, count, facets of any" : "top 10, count, facets of most", analyzer, corpus, view,
         [&](const PreparedQuery& query) {
           const MatchSet set = Match(query, {}, {policy, 10});
           return CountFacets(view, set, facets).size() * 0 + Top(query, set, options).size() * 0 + set.count;
         });
  }
}

void Build(const Corpus& corpus, size_t products, Index& index) {
  const double start = Seconds(CLOCK_MONOTONIC), cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  std::atomic<size_t> next{0}, made{0};
  const auto feed = [&](bool commits) {
    for (size_t from = next.fetch_add(kBatch); from < products; from = next.fetch_add(kBatch)) {
      std::vector<Upsertion> batch;
      for (size_t i = from; i < std::min(from + kBatch, products); ++i) batch.push_back(MakeProduct(corpus, i));
      if (!index.Upsert(batch).ok()) std::abort();
      if (commits && index.pending() >= 100'000) index.Commit();
    }
  };
  std::thread other(feed, false);
  feed(true);
  other.join();
  index.Commit();
  while (index.Merge()) {
  }
  const double wall = Seconds(CLOCK_MONOTONIC) - start, all_cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  const double alone = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  for (size_t i = 0; i < kSample; ++i) made += MakeProduct(corpus, i).product.attributes.size();
  const double making = (Seconds(CLOCK_PROCESS_CPUTIME_ID) - alone) * static_cast<double>(products) / kSample;
  std::printf("products      %zu in %.2f s: %.0f/s; CPU %.2f s, of which %.2f s to make them up\n", products, wall,
              static_cast<double>(products) / wall, all_cpu, making);
}

void Weigh(const Index& index) {
  const auto view = index.View();
  const double bytes = static_cast<double>(view->Bytes());
  std::printf("memory        %.1f MB in %zu segments, %.0f bytes a product\n", bytes / 1e6, view->parts().size(),
              bytes / static_cast<double>(view->documents()));
}

void SaveAndLoad(const text::Analyzer& analyzer, const Index& index) {
  double start = Seconds(CLOCK_MONOTONIC);
  const std::string bytes = index.Save("");
  const double saved = Seconds(CLOCK_MONOTONIC) - start;
  Index loaded(analyzer);
  start = Seconds(CLOCK_MONOTONIC);
  if (!loaded.Load(bytes).ok()) std::abort();
  std::printf("snapshot      %.1f MB, saved in %.2f s, loaded in %.2f s\n", static_cast<double>(bytes.size()) / 1e6,
              saved, Seconds(CLOCK_MONOTONIC) - start);
}

int Main(int argc, char** argv) {
  const size_t products = argc > 1 ? static_cast<size_t>(std::atoll(argv[1])) : 100'000;
  const Corpus corpus = argc > 3 ? ReadCorpus(argv[2], argv[3]) : RandomCorpus();
  const auto plain = text::Analyzer::Create({"en", false, false, false}).value();
  const FacetSpec brand{{Property::Kind::kBrand, ""}, 10, "", {}, {}};
  {
    Index index(*plain);
    Plain(*plain, corpus, index);
    Quality(*plain, corpus, *index.View());
    Ask(*plain, corpus, *index.View(), {}, {brand});
  }
  if (products == 0) return 0;
  const auto english = text::Analyzer::Create({}).value();
  Index index(*english);
  Build(corpus, products, index);
  std::vector<FacetSpec> facets = {brand, {{Property::Kind::kCategory, ""}, 10, "", {}, {}}};
  for (const char* name : {"Colour", "Material", "Warranty"}) {
    facets.push_back({{Property::Kind::kAttribute, name}, 10, "", {}, {}});
  }
  TopOptions options;
  options.bm25f.weights = {1, .5F, .3F, .2F, 1, .1F};
  Weigh(index);
  Ask(*english, corpus, *index.View(), options, facets);
  SaveAndLoad(*english, index);
  index.MergeAll();
  Weigh(index);
  Ask(*english, corpus, *index.View(), options, facets);
  return 0;
}

}  // namespace
}  // namespace kontor::search

int main(int argc, char** argv) { return kontor::search::Main(argc, argv); }
