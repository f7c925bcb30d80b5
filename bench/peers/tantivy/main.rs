//! Tantivy over titles and queries, for bench/peers/search.py: top 10, and top 10 + count + facet on the brand.
//!
//! Usage: kontor-peer-tantivy TITLES QUERIES TOKENIZER
//!
//! A title or query a line; a query's words stand apart by blanks. Prints JSON.
use std::time::Instant;

use serde_json::json;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::AggregationCollector;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Schema, TextFieldIndexing, TextOptions, FAST, STRING};
use tantivy::{doc, DocAddress, Index, Term};

fn thread_seconds() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// CPU microseconds of each call, the first tenth called once before.
fn time<F: FnMut(usize)>(count: usize, mut run: F) -> serde_json::Value {
    (0..count / 10).for_each(&mut run);
    let mut micros: Vec<f64> = (0..count)
        .map(|i| {
            let begin = thread_seconds();
            run(i);
            (thread_seconds() - begin) * 1e6
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    let mean = micros.iter().sum::<f64>() / count as f64;
    json!({"queries_per_cpu_second": 1e6 / mean, "p50_us": micros[count / 2], "p99_us": micros[count * 99 / 100]})
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let titles = std::fs::read_to_string(&arguments[1])?;
    let queries = std::fs::read_to_string(&arguments[2])?;
    let queries: Vec<&str> = queries.lines().collect();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(&arguments[3])
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let mut schema = Schema::builder();
    let id = schema.add_u64_field("id", FAST);
    let text = schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
    let brand = schema.add_text_field("brand", STRING | FAST);
    let index = Index::create_in_ram(schema.build());
    let begin = Instant::now();
    let mut writer = index.writer_with_num_threads(1, 200_000_000)?;
    for (number, title) in titles.lines().enumerate() {
        let first = title.split_whitespace().next().unwrap_or("?").to_lowercase();
        writer.add_document(doc!(id => number as u64, text => title, brand => first))?;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    let build = begin.elapsed().as_secs_f64();
    let searcher = index.reader()?.searcher();
    let mut analyzer = index.tokenizers().get(&arguments[3]).ok_or("no such tokenizer")?;
    let mut parse = |query: &str| -> BooleanQuery {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut tokens = analyzer.token_stream(query);
        while tokens.advance() {
            let term = Term::from_field_text(text, &tokens.token().text);
            clauses.push((Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))));
        }
        BooleanQuery::new(clauses)
    };
    let aggregations: Aggregations =
        serde_json::from_value(json!({"brands": {"terms": {"field": "brand", "size": 10}}}))?;
    let mut ids = Vec::new();
    for segment in searcher.segment_readers() {
        ids.push(segment.fast_fields().u64("id")?.first_or_default_col(0));
    }
    let number_of = |address: DocAddress| ids[address.segment_ord as usize].get_val(address.doc_id);
    let mut tops: Vec<Vec<u64>> = vec![Vec::new(); queries.len()];
    let top10 = time(queries.len(), |i| {
        let top = searcher.search(&parse(queries[i]), &TopDocs::with_limit(10).order_by_score()).unwrap();
        tops[i] = top.into_iter().map(|(_, address)| number_of(address)).collect();
    });
    let mut counts = vec![0; queries.len()];
    let faceted = time(queries.len(), |i| {
        let facets = AggregationCollector::from_aggs(aggregations.clone(), Default::default());
        let collectors = (TopDocs::with_limit(10).order_by_score(), Count, facets);
        let (top, count, _) = searcher.search(&parse(queries[i]), &collectors).unwrap();
        tops[i] = top.into_iter().map(|(_, address)| number_of(address)).collect();
        counts[i] = count;
    });
    println!(
        "{}",
        json!({"engine": format!("Tantivy crate, {}", arguments[3]), "build_seconds": build, "top10": top10,
               "count_and_facet": faceted, "tops": tops, "counts": counts})
    );
    Ok(())
}
