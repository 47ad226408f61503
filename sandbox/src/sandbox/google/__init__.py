"""Google on localhost: token endpoint, Drive v3, Forms v1 and Sheets v4, judged by Google's discovery documents."""
